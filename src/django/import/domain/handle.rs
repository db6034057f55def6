//! What django-allauth tells authenticators: the id of the user.

/// Digits of Django's `int_to_base36`.
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// The user handle of an id: the ASCII letters of its number in base 36; `None` for a negative one.
#[must_use]
pub fn user_handle(id: i64) -> Option<Vec<u8>> {
    let mut rest = u64::try_from(id).ok()?;
    let mut handle = Vec::new();
    loop {
        let digit = usize::try_from(rest % 36).ok()?;
        handle.push(*DIGITS.get(digit)?);
        rest /= 36;
        if rest == 0 {
            handle.reverse();
            return Some(handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::user_handle;

    #[test]
    fn django_user_handles_are_ids_in_base_36() {
        for (id, text) in [
            (0, "0"),
            (1, "1"),
            (35, "z"),
            (36, "10"),
            (1295, "zz"),
            (1296, "100"),
            (i64::MAX, "1y2p0ij32e8e7"),
        ] {
            assert_eq!(user_handle(id).unwrap(), text.as_bytes());
        }
        assert_eq!(user_handle(-1), None);
    }
}
