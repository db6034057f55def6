//! Texts with names in braces.

/// Puts values for `{name}`; several lines keep the place of the first, and a line for none is left out.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<Vec<String>>) -> String {
    let mut filled = String::new();
    for line in template.lines() {
        let blank = &line[..line.len() - line.trim_start().len()];
        let mut line = line.to_owned();
        let mut empty = false;
        while let Some((before, name, after)) = next_name(&line, &value) {
            let lines = value(&name).unwrap_or_default();
            empty = lines.is_empty() && before.trim().is_empty() && after.is_empty();
            line = format!("{before}{}{after}", lines.join(&format!("\n{blank}")));
        }
        if !empty {
            filled.push_str(&line);
            filled.push('\n');
        }
    }
    filled
}

/// The first name in braces that has a value: what is before it, itself, and what follows.
fn next_name(
    line: &str,
    value: impl Fn(&str) -> Option<Vec<String>>,
) -> Option<(String, String, String)> {
    for (at, _) in line.match_indices('{') {
        let (before, rest) = (line.get(..at)?, line.get(at + 1..)?);
        if let Some((name, after)) = rest.split_once('}')
            && value(name).is_some()
        {
            return Some((before.to_owned(), name.to_owned(), after.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_keep_their_place_and_other_braces_stay() {
        let value = |name: &str| match name {
            "two" => Some(vec!["a;".to_owned(), "b;".to_owned()]),
            "none" => Some(Vec::new()),
            _ => None,
        };
        assert_eq!(
            fill("x {\n    {two}\n    {none}\n    y {two} {z}\n}", value),
            "x {\n    a;\n    b;\n    y a;\n    b; {z}\n}\n"
        );
    }
}
