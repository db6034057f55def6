//! What a proxy tells the login gate.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::gate::{
    Require, Rule, Site,
    domain::{Asked, Needs, Standing, Verdict},
};

/// A site with an open part, and parts that ask for more and more.
fn site() -> Site {
    let rule = |path: &str, require| Rule {
        path: path.to_owned(),
        require,
        ..Rule::default_of_a_site()
    };
    Site {
        host: "admin.example.org".to_owned(),
        rules: vec![
            rule("/static/", Require::Nothing),
            rule("/users/", Require::PhishingResistant),
            rule("/users/list/", Require::Session),
        ],
    }
}

/// No request is understood in two ways, and nothing passes that a browser or a site would take for a
/// part that asks for more. Each line is a header, `name: value`.
pub fn gate(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let mut halves = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.trim_ascii()),
            HeaderValue::from_bytes(value.trim_ascii()),
        ) {
            headers.append(name, value);
        }
    }
    for (asked, needed) in [
        (
            Asked::by_original(&headers),
            &["x-original-url", "x-original-method"][..],
        ),
        (
            Asked::by_forwarded(&headers),
            &[
                "x-forwarded-method",
                "x-forwarded-proto",
                "x-forwarded-host",
                "x-forwarded-uri",
            ],
        ),
    ] {
        if let Ok(asked) = asked {
            let once = |name: &&str| headers.get_all(*name).iter().count() == 1;
            assert!(needed.iter().all(once), "a header is doubled or missing");
            understood(&asked);
        }
    }
}

/// What must hold of every request that was understood.
fn understood(asked: &Asked) {
    let url = format!("{}{}", asked.origin(), asked.uri);
    assert!(asked.uri.starts_with('/') && asked.uri.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(HeaderValue::from_str(&url).is_ok());
    assert_eq!(asked.host, asked.host.to_ascii_lowercase());
    assert!(!asked.host.contains(['@', '/', '\\', '?', '#', ',']));
    let again = Asked::by_url(&url);
    let same = again.is_some_and(|again| {
        again.host == asked.host && again.uri == asked.uri && again.reading == asked.reading
    });
    assert!(same, "{url} is read in another way");
    // whoever is sent back gets to this site
    let back = Url::parse(&format!("{}{}", asked.origin(), asked.return_to()));
    let stays =
        |back: &Url| Url::parse(&asked.origin()).is_ok_and(|own| own.origin() == back.origin());
    assert!(back.as_ref().is_ok_and(stays) || Url::parse(&asked.origin()).is_err());
    let needs = Needs::of(&site(), &asked.reading);
    assert!(!needs.rules().is_empty());
    let verdict = |methods: Option<&str>| {
        let standing = methods.map(|methods| Standing {
            methods,
            shown_at: 0,
            key_shown_at: Some(0),
            roles: &[],
        });
        needs.verdict(standing, 0)
    };
    let read = read_by_others(asked);
    let below = |path: &str| {
        read.iter()
            .all(|read| read.starts_with(path) || *read == path.trim_end_matches('/'))
    };
    if verdict(None) == Verdict::Allow {
        assert!(below("/static/"), "{url} is open, and read as {read:?}");
    }
    if read
        .iter()
        .any(|read| read.starts_with("/users/") && !read.starts_with("/users/list"))
    {
        assert_ne!(
            verdict(Some("pwd otp")),
            Verdict::Allow,
            "{url} is read as {read:?}"
        );
    }
    assert_eq!(verdict(Some("hwk")), Verdict::Allow);
}

/// The path as those behind the gate may read it: as it is, decoded, with dot segments resolved, with
/// slashes merged, without parameters of segments.
fn read_by_others(asked: &Asked) -> Vec<String> {
    let decoded = percent_decode_str(asked.path())
        .decode_utf8_lossy()
        .into_owned();
    let twice = percent_decode_str(&decoded)
        .decode_utf8_lossy()
        .into_owned();
    [decoded, twice]
        .into_iter()
        .flat_map(|path| {
            let path = path.replace('\\', "/");
            let bare: Vec<_> = path
                .split('/')
                .map(|part| part.split(';').next().unwrap_or_default())
                .collect();
            [path.clone(), resolved(&bare)]
        })
        .collect()
}

fn resolved(segments: &[&str]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in segments {
        match *segment {
            "." | "" => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let slash = if segments.last() == Some(&"") {
        "/"
    } else {
        ""
    };
    format!("/{}{slash}", kept.join("/"))
}
