//! When a session lives, who may do what in it, and how it is put into words.

/// Sessions an account may have; signing in again ends the one unused for longest.
pub const MOST: i64 = 10;
/// How long sessions live, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a request.
    pub idle: i64,
    /// In all.
    pub lifetime: i64,
}

impl Limits {
    /// Seconds between two writes of "last seen": a minute, or a quarter of a short idle limit. A
    /// session whose last use fell between two writes ends that much earlier, never later.
    #[must_use]
    pub const fn seen_every(self) -> i64 {
        let quarter = self.idle / 4;
        if quarter < 60 { quarter } else { 60 }
    }

    /// Whether a session of these times is alive at `now`. A clock set back ends none, unless by more
    /// than a lifetime: what began in the year 2100 must not live until then.
    #[must_use]
    pub const fn alive(self, created_at: i64, last_seen_at: i64, now: i64) -> bool {
        now.saturating_sub(last_seen_at) <= self.idle
            && now.saturating_sub(created_at).saturating_abs() < self.lifetime
    }
}

/// Whether something that was confirmed at `confirmed_at` counts as recent at `now`, for `timeout`
/// seconds. A time that is yet to come, by a clock set back, counts as long as one that has passed.
#[must_use]
pub const fn is_recent(confirmed_at: i64, timeout: i64, now: i64) -> bool {
    now.saturating_sub(confirmed_at).saturating_abs() <= timeout
}

/// How somebody proved who they are, by its
/// [RFC 8176](https://www.rfc-editor.org/rfc/rfc8176#section-2) name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Password.
    Pwd,
    /// Code of an authenticator app.
    Otp,
    /// Key that is bound to one device.
    Hwk,
    /// Key that may be on several devices.
    Swk,
    /// Recovery code; the name is this program's own.
    Rc,
}

impl Method {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
            Self::Hwk => "hwk",
            Self::Swk => "swk",
            Self::Rc => "rc",
        }
    }

    /// Whether it is a security key or passkey, which cannot be given away on another site.
    #[must_use]
    pub const fn is_key(self) -> bool {
        matches!(self, Self::Hwk | Self::Swk)
    }
}

/// Whether stored method names hold a factor beside the password.
#[must_use]
pub fn has_factor(methods: &str) -> bool {
    methods
        .split_whitespace()
        .any(|method| method != Method::Pwd.as_str())
}

/// Stored method names with one more, each once.
#[must_use]
pub fn with_method(methods: &str, method: Method) -> String {
    let more = method.as_str();
    if methods.split_whitespace().any(|one| one == more) {
        methods.to_owned()
    } else {
        format!("{methods} {more}").trim().to_owned()
    }
}

/// Stored method names in words.
#[must_use]
pub fn methods_in_words(methods: &str) -> String {
    let words: Vec<&str> = methods
        .split_whitespace()
        .map(|method| match method {
            "pwd" => "password",
            "otp" => "authenticator app",
            "hwk" => "security key",
            "swk" => "synced passkey",
            "rc" => "recovery code",
            other => other,
        })
        .collect();
    words.join(" and ")
}

/// Browser and system of a `User-Agent`, for display only: `Firefox on Linux`.
#[must_use]
pub fn browser_in_words(user_agent: &str) -> String {
    // the first name that occurs wins: each browser also carries the names of those it copies
    const BROWSERS: [(&str, &str); 9] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A program on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        idle: 3600,
        lifetime: 43_200,
    };

    #[test]
    fn ses_05_a_session_lives_until_the_idle_limit_and_not_a_second_longer() {
        assert!(LIMITS.alive(0, 1000, 1000 + 3599));
        assert!(LIMITS.alive(0, 1000, 1000 + 3600));
        assert!(!LIMITS.alive(0, 1000, 1000 + 3601));
    }

    #[test]
    fn ses_06_activity_does_not_extend_the_lifetime() {
        assert!(LIMITS.alive(0, 43_199, 43_199));
        assert!(!LIMITS.alive(0, 43_200, 43_200));
    }

    #[test]
    fn cra_15_a_clock_jump_within_a_lifetime_ends_no_session_and_prolongs_none_for_ever() {
        assert!(LIMITS.alive(1000, 1000, 0));
        assert!(LIMITS.alive(43_199, 43_199, 0));
        assert!(!LIMITS.alive(43_200, 43_200, 0));
        assert!(!LIMITS.alive(i64::MAX, i64::MAX, i64::MIN));
        assert!(!LIMITS.alive(i64::MIN, i64::MIN, i64::MAX));
    }

    #[test]
    fn sud_02_recent_ends_with_the_timeout_and_a_clock_set_back_does_not_prolong_it() {
        assert!(is_recent(1000, 300, 1000));
        assert!(is_recent(1000, 300, 1300));
        assert!(!is_recent(1000, 300, 1301));
        assert!(!is_recent(1000, 300, 699));
        assert!(!is_recent(i64::MAX, 300, i64::MIN));
    }

    #[test]
    fn a_factor_is_whatever_stands_beside_the_password() {
        assert!(!has_factor("pwd") && !has_factor(""));
        assert!(has_factor("pwd otp") && has_factor("hwk"));
        assert_eq!(with_method("pwd", Method::Otp), "pwd otp");
        assert_eq!(with_method("pwd otp", Method::Otp), "pwd otp");
    }

    #[test]
    fn browsers_and_systems_are_told_apart_by_the_name_that_only_they_carry() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
        let safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15";
        let android = "Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0";
        assert_eq!(browser_in_words(edge), "Edge on Windows");
        assert_eq!(browser_in_words(chrome), "Chrome on Linux");
        assert_eq!(browser_in_words(safari), "Safari on macOS");
        assert_eq!(browser_in_words(android), "Firefox on Android");
        assert_eq!(browser_in_words(""), "Unknown browser");
        assert_eq!(browser_in_words("<script>"), "Unknown browser");
    }
}
