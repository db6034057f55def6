//! What the login gate costs: checks alone, at a steady rate, and behind nginx.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    CONNECTIONS, LOAD, MOST, Outcomes, all, expect,
    http::{Answer, Browser, ORIGIN},
    load,
    program::{Installation, Program},
    sign_in,
    table::row,
};

/// Checks a second, for how long, and from how many connections.
const STEADY: u32 = 1000;
const STEADY_FOR: Duration = Duration::from_secs(10);
const STEADY_FROM: u32 = 8;

/// Prints the figures of an installation on a kind of database.
pub fn checks(installation: &Installation, database: &str) -> Outcomes<()> {
    fs::write(
        installation.path("inmor-mfa.toml"),
        "[[site]]\nhost = \"localhost:3000\"\n[[site.rule]]\npath = \"/\"\nrequire = \"session\"\n",
    )?;
    let program = installation.start()?;
    let mut browser = program.browser();
    expect(&sign_in(&mut browser)?, 303)?;
    browser.more = format!(
        "X-Original-URL: {ORIGIN}/users/7\r\nX-Original-Method: GET\r\nAccept: text/html\r\n"
    );
    let ask = |browser: &mut Browser| browser.get("/authz/nginx");
    let browsers = |count| (0..count).map(|_| browser.at(program.address)).collect();
    load::run(browsers(CONNECTIONS), Duration::from_millis(500), MOST, ask)?;
    let outcome = load::run(browsers(CONNECTIONS), LOAD, MOST, ask)?;
    all(&outcome, 200)?;
    row(&format!("gate checks, {database}"), &outcome.rate(), "");
    row("  median, 99 %", &outcome.quantiles(), "");
    let steady = load::steadily(browsers(STEADY_FROM as usize), STEADY, STEADY_FOR, ask)?;
    all(&steady, 200)?;
    row(
        &format!("  at a steady {STEADY}/s: median, 99 %"),
        &steady.quantiles(),
        "99 % within 5 ms",
    );
    Ok(())
}

/// What a page costs through nginx that asks the gate, beside nginx alone.
pub fn behind_nginx(installation: &Installation) -> Outcomes<()> {
    let (port, alone, site) = (free_port()?, free_port()?, free_port()?);
    let host = format!("admin.localhost:{port}");
    let settings = "[[site.rule]]\npath = \"/\"\nrequire = \"session\"\n";
    fs::write(
        installation.path("inmor-mfa.toml"),
        format!("[[site]]\nhost = \"{host}\"\n{settings}"),
    )?;
    let program = installation.start()?;
    let gate = format!("http://{}", program.address);
    let upstream = format!("http://127.0.0.1:{site}");
    let printed = installation
        .command(&[
            "gate",
            "snippet",
            "nginx",
            &host,
            "--gate",
            &gate,
            "--upstream",
            &upstream,
        ])
        .output()?;
    let more = format!(
        "server {{ listen 127.0.0.1:{alone}; location / {{ proxy_pass {upstream}; proxy_set_header Host $http_host; }} }}\n\
         server {{ listen 127.0.0.1:{site}; return 200 'a page'; }}\n"
    );
    let snippet = String::from_utf8(printed.stdout)?;
    let Some(_nginx) = Nginx::start(installation, &format!("{snippet}{more}"), port)? else {
        row(
            "pages through nginx and the gate",
            "nginx is not installed",
            "",
        );
        return Ok(());
    };
    let cookie = cross(&program, &host, port)?;
    let request =
        format!("GET /a HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n");
    let ask = |browser: &mut Browser| browser.exchange(&request);
    for (name, port) in [
        ("pages through nginx alone", alone),
        ("pages through nginx and the gate", port),
    ] {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let browsers = || (0..CONNECTIONS).map(|_| Browser::new(address)).collect();
        load::run(browsers(), Duration::from_millis(500), MOST, ask)?;
        let outcome = load::run(browsers(), LOAD, MOST, ask)?;
        all(&outcome, 200)?;
        row(name, &outcome.rate(), "");
        row("  median, 99 %", &outcome.quantiles(), "");
    }
    Ok(())
}

/// Signs in, goes over to the site as a browser does, and answers the cookie there.
fn cross(program: &Program, host: &str, port: u16) -> Outcomes<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (mut here, mut there) = (program.browser(), Browser::new(address));
    expect(&sign_in(&mut here)?, 303)?;
    let page = there.exchange(&format!(
        "GET /a HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"
    ))?;
    expect(&page, 303)?;
    let place = page
        .header("location")
        .and_then(|place| place.strip_prefix(ORIGIN));
    let form = here.get(place.ok_or("no way to sign in")?)?.text();
    let ticket = form
        .split_once("name=\"ticket\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let body = format!("ticket={}", ticket.ok_or("no ticket")?.0);
    let cookies: Vec<_> = there
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let over: Answer = there.exchange(&format!(
        "POST /.inmor-mfa/accept/ HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nOrigin: {ORIGIN}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        cookies.join("; "),
        body.len()
    ))?;
    expect(&over, 303)?;
    let name = "__Host-inmor-site";
    let value = there.cookies.get(name).ok_or("no session on the site")?;
    Ok(format!("{name}={value}"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Killed when it is not needed any more.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Nginx {
    /// `None` where there is none.
    fn start(installation: &Installation, servers: &str, port: u16) -> Outcomes<Option<Self>> {
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
        let found = folders.map(|folder| PathBuf::from(folder).join("nginx"));
        let Some(program) = found.iter().find(|path| path.exists()) else {
            return Ok(None);
        };
        let here = installation.path("nginx");
        fs::create_dir(&here)?;
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {}/{name};\n", here.display()))
            .concat();
        let file = here.join("nginx.conf");
        let text = format!(
            "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\n\
             http {{\naccess_log off;\nkeepalive_requests 1000000;\n{temporary}{servers}}}\n",
            here.display()
        );
        fs::write(&file, text)?;
        let mut nginx = Self(
            Command::new(program)
                .arg("-p")
                .arg(&here)
                .arg("-c")
                .arg(&file)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?,
        );
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = nginx.0.try_wait()? {
                let said = fs::read_to_string(here.join("error.log"))?;
                return Err(format!("nginx ended: {status}: {said}").into());
            }
            thread::yield_now();
        }
        Ok(Some(nginx))
    }
}
