//! The saved corpus of the fuzz targets, each file through its property.

use std::{fs, path::Path};

use crate::fuzzing::TARGETS;

/// Makes a test of each target: its saved inputs keep its property.
macro_rules! keep_their_property {
    ($($target:ident),+ $(,)?) => {
        mod keeps_its_property_for {
            $(#[test]
            fn $target() { super::all_saved(stringify!($target)); })+
        }
        const TESTED: &[&str] = &[$(stringify!($target)),+];
    };
}
keep_their_property!(
    authentication,
    cookies,
    forwarded,
    gate,
    next,
    otpauth,
    registration,
    settings,
);

fn all_saved(target: &str) {
    let (_, holds) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut files = 0;
    for entry in fs::read_dir(root.join(target)).unwrap() {
        let path = entry.unwrap().path();
        // for the panic that may come
        println!("{}", path.display());
        holds(&fs::read(path).unwrap());
        files += 1;
    }
    assert!(files >= 10, "{files} files");
}

#[test]
fn every_property_has_its_target_and_the_reverse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    assert!(TARGETS.iter().map(|(name, _)| name).eq(TESTED));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let target = fs::read_to_string(root.join("fuzz_targets").join(format!("{name}.rs")));
        assert!(
            target.unwrap().contains(&format!("fuzzing::{name}(")),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    for folder in ["corpus", "fuzz_targets"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        assert_eq!(entries.count(), TARGETS.len(), "{folder}");
    }
}
