//! The files of `deploy/` name settings, commands and build steps that there are.

use std::{fs, path::Path};

use inmor_mfa::server::settings::table;

use crate::support::Place;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Fails for a name that is no setting, or that gives a secret in clear.
#[track_caller]
fn assert_setting(name: &str) {
    let known = table().iter().any(|setting| {
        if setting.secret {
            format!("{}_FILE", setting.name) == name
        } else {
            setting.name == name
        }
    });
    // where a database on the local disk is, is none
    let local = name == "DATABASE_URL";
    assert!(known || local, "{name} is no setting that may stand there");
}

/// What follows `begin` on the lines that begin so.
fn values<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix(begin))
        .collect()
}

/// The lines below a line of YAML that stand further in, without their blanks.
fn below<'a>(yaml: &'a str, line: &str) -> Vec<&'a str> {
    let indent = |text: &str| text.len() - text.trim_start().len();
    let mut lines = yaml.lines().skip_while(|text| *text != line);
    let head = lines.next().unwrap_or_else(|| panic!("no {line:?}"));
    lines
        .take_while(|text| text.is_empty() || indent(text) > indent(head))
        .map(str::trim)
        .collect()
}

#[test]
fn the_unit_runs_a_command_that_there_is_with_settings_that_there_are() {
    let unit = text("deploy/inmor-mfa.service");
    let command = values(&unit, "ExecStart=")[0];
    let arguments: Vec<_> = command.split(' ').collect();
    assert!(arguments[0].ends_with("/inmor-mfa"), "{command}");
    let help = [&arguments[1..], &["--help"]].concat();
    Place::new().run(&help).success();
    let credentials: Vec<_> = values(&unit, "LoadCredential=")
        .into_iter()
        .filter_map(|credential| credential.split_once(':'))
        .map(|(name, _)| format!("%d/{name}"))
        .collect();
    let environment = values(&unit, "Environment=");
    assert_eq!(environment.len(), credentials.len());
    for assignment in environment {
        let (name, value) = assignment.split_once('=').unwrap();
        assert_setting(name);
        assert!(credentials.contains(&value.to_owned()), "{assignment}");
    }
    assert_eq!(values(&unit, "Type="), ["notify"]);
}

#[test]
fn the_image_is_built_as_make_builds_and_holds_no_secret() {
    let (image, makefile) = (text("deploy/Dockerfile"), text("Makefile"));
    let recipe = makefile.split_once("\nbuild:").unwrap().1;
    let steps = recipe
        .lines()
        .nth(1)
        .unwrap()
        .trim()
        .trim_start_matches('@');
    assert_eq!(
        values(&image, "RUN .ci/"),
        [steps.trim_start_matches(".ci/")]
    );
    let (_, environment) = image.split_once("\nENV ").unwrap();
    let mut lines = 0;
    for line in environment.lines() {
        assert_setting(line.trim().split_once('=').unwrap().0);
        lines += 1;
        if !line.ends_with('\\') {
            break;
        }
    }
    assert_eq!(lines, 2);
    let command = values(&image, "CMD ")[0];
    let arguments: Vec<String> = serde_json::from_str(command).unwrap();
    let help: Vec<_> = arguments
        .iter()
        .map(String::as_str)
        .chain(["--help"])
        .collect();
    Place::new().run(&help).success();
    // sh, not bash, runs these
    assert!(!image.contains("ARG ") && !image.contains("[["));
}

#[test]
fn the_composition_names_settings_that_there_are_and_secrets_that_are_files() {
    let yaml = text("deploy/compose.yaml");
    let (mfa, database) = yaml.split_once("\n  database:\n").unwrap();
    let files = below(&yaml, "secrets:");
    let environment = below(mfa, "    environment:");
    assert!(environment.len() >= 4);
    for line in environment {
        let (name, value) = line.split_once(": ").unwrap();
        assert_setting(name);
        assert_ne!(name, "DATABASE_URL", "it holds a password");
        if let Some(secret) = value.strip_prefix("/run/secrets/") {
            assert!(
                below(mfa, "    secrets:").contains(&&*format!("- {secret}")),
                "{line}"
            );
            assert!(files.contains(&&*format!("{secret}:")), "{line}");
            assert!(
                files.contains(&&*format!("file: secrets/{secret}")),
                "{line}"
            );
        }
    }
    for line in below(database, "    environment:") {
        assert!(!line.starts_with("POSTGRES_PASSWORD:"), "{line}");
    }
}
