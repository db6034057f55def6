//! A request as a proxy tells it. Header by header each must be there once, or nothing is understood.

use axum::http::{HeaderMap, HeaderValue, Method, header, uri::Authority};

use super::path::Reading;

/// The longest address that a browser is sent back to, in bytes; a longer one leads to the site's start.
const LONGEST_RETURN: usize = 1500;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether the browser speaks https.
    pub https: bool,
    /// Host, in lower case, with the port where it is not the scheme's own.
    pub host: String,
    /// Path and query as the browser sent them; bytes outside ASCII percent-encoded.
    pub uri: String,
    /// The path as rules see it.
    pub reading: Reading,
    /// The method.
    pub method: Method,
    /// What the browser does with the answer.
    pub wants: Wants,
}

/// What a browser does with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// It shows it to a person: a redirect helps.
    Page,
    /// A program reads it.
    Data,
}

/// Why a request cannot be understood: a name for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclear(pub &'static str);

impl Asked {
    /// Reads what nginx's `auth_request` is set up to send: `X-Original-URL` and `X-Original-Method`.
    ///
    /// # Errors
    /// [`Unclear`] with the header that is missing, doubled or not understood.
    pub fn by_original(headers: &HeaderMap) -> Result<Self, Unclear> {
        let url = one(headers, "x-original-url")?;
        let method = one(headers, "x-original-method")?;
        Self::of_url(url, method, headers).ok_or(Unclear("x-original-url"))
    }

    /// Reads what Traefik's `ForwardAuth` and Caddy's `forward_auth` send: `X-Forwarded-{Method,Proto,Host,Uri}`.
    ///
    /// # Errors
    /// [`Unclear`] with the header that is missing, doubled or not understood.
    pub fn by_forwarded(headers: &HeaderMap) -> Result<Self, Unclear> {
        let method = one(headers, "x-forwarded-method")?;
        let https = match one(headers, "x-forwarded-proto")? {
            b"https" | b"wss" => true,
            b"http" | b"ws" => false,
            _ => return Err(Unclear("x-forwarded-proto")),
        };
        let host = one(headers, "x-forwarded-host")?;
        let uri = one(headers, "x-forwarded-uri")?;
        Self::new(https, host, uri, method, headers).ok_or(Unclear("x-forwarded-uri"))
    }

    /// Reads an address as an operator types it, asked for by a person in a browser.
    #[must_use]
    pub fn by_url(url: &str) -> Option<Self> {
        let page = [(header::ACCEPT, HeaderValue::from_static("text/html"))];
        Self::of_url(url.as_bytes(), b"GET", &page.into_iter().collect())
    }

    fn of_url(url: &[u8], method: &[u8], headers: &HeaderMap) -> Option<Self> {
        let (https, rest) = match (url.strip_prefix(b"https://"), url.strip_prefix(b"http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return None,
        };
        let (host, uri) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'/')?)?;
        Self::new(https, host, uri, method, headers)
    }

    fn new(
        https: bool,
        host: &[u8],
        uri: &[u8],
        method: &[u8],
        headers: &HeaderMap,
    ) -> Option<Self> {
        let visible = |byte: &u8| *byte > b' ' && *byte != 0x7f && *byte != b'#';
        if uri.first() != Some(&b'/') || !uri.iter().all(visible) {
            return None;
        }
        let uri = percent_encoding::percent_encode(uri, percent_encoding::CONTROLS).to_string();
        let path = uri.split('?').next().unwrap_or_default();
        let method = Method::from_bytes(method).ok()?;
        Some(Self {
            https,
            host: host_of(host, https)?,
            reading: Reading::of(path),
            wants: wants(&method, headers),
            method,
            uri,
        })
    }

    /// The origin of the site, as browsers write it.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    /// The path as the browser sent it, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.split('?').next().unwrap_or_default()
    }

    /// Where a browser is sent back to, path and query.
    #[must_use]
    pub fn return_to(&self) -> &str {
        if self.uri.len() > LONGEST_RETURN {
            "/"
        } else {
            &self.uri
        }
    }
}

/// A host by name or address in lower case, without the port that is the scheme's own.
pub(super) fn host_of(bytes: &[u8], https: bool) -> Option<String> {
    let authority = Authority::try_from(bytes).ok()?;
    let text = authority.as_str().to_ascii_lowercase();
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if text.is_empty() || !text.bytes().all(good) || text.ends_with(':') {
        return None;
    }
    let own = if https { ":443" } else { ":80" };
    Some(text.strip_suffix(own).unwrap_or(&text).to_owned())
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a [u8], Unclear> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => Err(Unclear(name)),
    }
}

/// A browser says so itself; an older one by what it accepts.
fn wants(method: &Method, headers: &HeaderMap) -> Wants {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let program = headers.contains_key(header::UPGRADE)
        || text("x-requested-with").eq_ignore_ascii_case("XMLHttpRequest");
    let page = match text("sec-fetch-mode") {
        "" => matches!(*method, Method::GET | Method::HEAD) && text("accept").contains("text/html"),
        mode => mode == "navigate" && matches!(text("sec-fetch-dest"), "" | "document"),
    };
    if page && !program {
        Wants::Page
    } else {
        Wants::Data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                name.parse::<axum::http::HeaderName>().unwrap(),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        headers
    }

    fn original(url: &[u8]) -> Result<Asked, Unclear> {
        Asked::by_original(&headers(&[
            ("x-original-url", url),
            ("x-original-method", b"GET"),
        ]))
    }

    const FORWARDED: [(&str, &[u8]); 4] = [
        ("x-forwarded-method", b"GET"),
        ("x-forwarded-proto", b"https"),
        ("x-forwarded-host", b"Admin.example.org:443"),
        ("x-forwarded-uri", b"/a?b=c"),
    ];

    #[test]
    fn gat_04_both_dialects_say_the_same() {
        let by_url = original(b"https://admin.example.org/a?b=c").unwrap();
        assert_eq!(by_url.host, "admin.example.org");
        assert_eq!(by_url.uri, "/a?b=c");
        assert_eq!(Asked::by_forwarded(&headers(&FORWARDED)), Ok(by_url));
    }

    #[test]
    fn gat_04_11_a_header_that_is_missing_or_doubled_is_no_request() {
        for (at, header) in FORWARDED.into_iter().enumerate() {
            let (mut less, mut more) = (FORWARDED.to_vec(), FORWARDED.to_vec());
            less.remove(at);
            more.push(header);
            for bad in [less, more] {
                assert!(Asked::by_forwarded(&headers(&bad)).is_err(), "{bad:?}");
            }
        }
        assert!(
            Asked::by_original(&headers(&[("x-original-url", b"https://a.example/")])).is_err()
        );
        assert!(Asked::by_original(&headers(&[("x-original-method", b"GET")])).is_err());
    }

    #[test]
    fn gat_04_06_what_is_no_address_is_no_request() {
        for bad in [
            &b""[..],
            b"/",
            b"admin.example.org/",
            b"https://admin.example.org",
            b"https:///x",
            b"https://u@admin.example.org/",
            b"https://u:p@admin.example.org/",
            b"ftp://a.example/",
            b"https://a.example/ x",
            b"https://a.example/#x",
            b"https://a.example/\t",
            b"https://a b/",
            b"https://a.example\\@evil.example/",
            b"https://a.example, b.example/",
            b"https://a.example:/",
            b"HTTPS://a.example/",
            b"https://a.example?/",
        ] {
            assert!(original(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn gat_04_bytes_outside_ascii_are_kept_percent_encoded() {
        let asked = original(b"https://a.example/caf\xc3\xa9?\xff=%zz").unwrap();
        assert_eq!(asked.uri, "/caf%C3%A9?%FF=%zz");
        assert_eq!(asked.reading, Reading::Plain("/café".to_owned()));
        assert_eq!(
            original(b"https://a.example/\xff").unwrap().reading,
            Reading::Ambiguous
        );
    }

    #[test]
    fn gat_08_a_person_gets_a_page_and_a_program_data() {
        let wants = |pairs: &[(&str, &[u8])]| super::wants(&Method::GET, &headers(pairs));
        assert_eq!(wants(&[("accept", b"text/html,*/*")]), Wants::Page);
        assert_eq!(
            wants(&[
                ("sec-fetch-mode", b"navigate"),
                ("sec-fetch-dest", b"document")
            ]),
            Wants::Page
        );
        for data in [
            &[("accept", &b"application/json"[..])][..],
            &[],
            &[("accept", b"text/html"), ("sec-fetch-mode", b"cors")],
            &[
                ("accept", b"text/html"),
                ("x-requested-with", b"XMLHttpRequest"),
            ],
            &[("accept", b"text/html"), ("upgrade", b"websocket")],
            &[
                ("sec-fetch-mode", b"navigate"),
                ("sec-fetch-dest", b"iframe"),
            ],
        ] {
            assert_eq!(wants(data), Wants::Data, "{data:?}");
        }
        assert_eq!(
            super::wants(&Method::POST, &headers(&[("accept", b"text/html")])),
            Wants::Data
        );
    }
}
