//! Several sites behind one proxy: none is judged by the rules of another.

use std::net::{SocketAddr, TcpStream};

use super::{
    echo,
    proxies::{Kind, Proxy, free_port},
    world::{World, print},
};
use crate::{
    http::{Answer, Connection},
    support::Place,
};

/// A site that is open to everybody, one that is not at the same port, and one that is not under the
/// same name.
struct Sites {
    /// With the host of the second.
    world: World,
    open: String,
    namesake: String,
    other_port: SocketAddr,
}

impl Sites {
    fn new(kind: Kind) -> Self {
        let (port, other) = (free_port(), free_port());
        let hosts = [
            format!("open.localhost:{port}"),
            format!("admin.localhost:{port}"),
            format!("open.localhost:{other}"),
        ];
        let upstreams = ["open", "closed", "closed"].map(echo::start_as);
        let place = Place::new();
        let settings = (hosts.iter().zip(["nothing", "session", "session"]))
            .map(|(host, require)| {
                format!(
                    "[[site]]\nhost = \"{host}\"\n\
                     [[site.rule]]\npath = \"/\"\nrequire = \"{require}\"\n"
                )
            })
            .collect::<Vec<_>>()
            .concat();
        let trusted = "trusted_proxies = [\"127.0.0.1\"]\n";
        place.write("inmor-mfa.toml", &format!("{trusted}{settings}"));
        place.create("anna");
        let server = place.serve();
        let place = place.also("LISTEN", &server.address.to_string());
        let printed =
            [0, 1, 2].map(|n| print(&place, kind, &hosts[n], upstreams[n], |script| script));
        let proxy = Proxy::start(&place, kind, &together(kind, &printed), port);
        let other_port = SocketAddr::from(([127, 0, 0, 1], other));
        while TcpStream::connect(other_port).is_err() {
            std::thread::yield_now();
        }
        let here = server.signed_in("anna");
        let [open, host, namesake] = hosts;
        let site = upstreams[1];
        Self {
            world: World {
                place,
                server,
                proxy,
                host,
                site,
                here,
            },
            open,
            namesake,
            other_port,
        }
    }
}

/// One configuration of what is printed for two sites of one port and one of another.
fn together(kind: Kind, printed: &[String; 3]) -> String {
    let [first, second, third] = printed;
    match kind {
        Kind::Nginx | Kind::Caddy => printed.concat(),
        Kind::Apache => {
            let listen = second.lines().find(|line| line.starts_with("Listen "));
            let without = second.replace(listen.unwrap(), "");
            format!("{first}{without}{third}")
        }
        // as its first lines say
        Kind::Haproxy => {
            let mut all = first.clone();
            for part in ["set-var(txn.inmor_site)", "use_backend inmor_site_"] {
                let [of_first, of_second] = [first, second].map(|text| {
                    let mut lines = text.lines().filter(|line| line.starts_with(' '));
                    lines.find(|line| line.contains(part)).unwrap()
                });
                all = all.replace(of_first, &format!("{of_first}\n{of_second}"));
            }
            let site = "backend inmor_site_";
            all + &section(second, site) + &section(third, "frontend ") + &section(third, site)
        }
    }
}

/// A section of a configuration of HAProxy.
fn section(text: &str, begins: &str) -> String {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(begins));
    let head = lines.next().unwrap();
    let body = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    std::iter::once(head)
        .chain(body)
        .map(|line| format!("{line}\n"))
        .collect::<Vec<_>>()
        .concat()
}

fn ask(connection: &mut Connection, target: &str, hosts: &[&str]) -> std::io::Result<Answer> {
    let hosts = hosts.iter().map(|host| format!("Host: {host}\r\n"));
    let hosts = hosts.collect::<Vec<_>>().concat();
    connection.send(format!("GET {target} HTTP/1.1\r\n{hosts}\r\n").as_bytes())?;
    connection.receive()
}

#[test]
fn a_client_does_not_choose_whose_rules_judge_it() {
    for kind in Kind::ALL {
        let mut sites = Sites::new(kind);
        let cookie = sites.world.cross();
        let let_in = sites.world.get("/a", &cookie).text();
        assert!(let_in.contains("of: closed"), "{kind:?}: {let_in}");
        let Sites {
            world,
            open,
            namesake,
            other_port,
        } = &sites;
        let closed = &*world.host;
        let here = world.proxy.address;
        let shouted = closed.to_uppercase();
        let nameless = open.split(':').next().unwrap();
        let absolute = |host: &str| format!("http://{host}/a");
        for (address, target, hosts) in [
            (here, "/a", &[closed][..]),
            (here, "/a", &[&shouted]),
            (here, "/a", &[namesake]),
            (here, "/a", &[nameless]),
            (here, "/a", &["other.example"]),
            (here, "/a", &[]),
            (here, "/a", &[open, closed]),
            (here, "/a", &[closed, open]),
            (here, "/a", &[&format!("{closed},{open}")]),
            (here, "/a", &[&format!("{open},{closed}")]),
            (here, &absolute(closed), &[open]),
            (here, &absolute(closed), &[]),
            (here, &absolute(&shouted), &[open]),
            (here, &absolute(open), &[closed]),
            (*other_port, "/a", &[open]),
            (*other_port, "/a", &[closed]),
            (*other_port, "/a", &[namesake]),
            (*other_port, &absolute(namesake), &[open]),
            (*other_port, &absolute(open), &[namesake]),
        ] {
            // alone, and after one that may
            let mut alone = Connection::open(address).unwrap();
            let mut after = Connection::open(address).unwrap();
            if address == here {
                let answer = ask(&mut after, "/a", &[open]).unwrap();
                assert!(answer.text().contains("of: open"), "{}", answer.head);
            }
            for connection in [&mut alone, &mut after] {
                if let Ok(answer) = ask(connection, target, hosts) {
                    let text = answer.text();
                    assert!(
                        !text.contains("of: closed"),
                        "{kind:?} {target} {hosts:?}: {text}"
                    );
                }
            }
        }
    }
}
