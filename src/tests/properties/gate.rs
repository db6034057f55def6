//! GAT-04: whatever a proxy tells, nothing that is not clearly allowed passes.

use proptest::prelude::*;

use super::holds;
use crate::fuzzing;

/// A host, and a path of pieces that are read in more than one way.
fn address() -> impl Strategy<Value = (String, String)> {
    const ODD: [&str; 18] = [
        ".", "..", "%2e", "%2f", "%5c", "%25", "%", ";", "\\", "?", "#", "%ff", "%00", " ", "%20",
        "é", "%75sers", "%c3%a9",
    ];
    const KNOWN: [&str; 5] = ["/", "/", "static", "users", "list"];
    let piece = prop_oneof![
        3 => prop::sample::select(KNOWN.as_slice()).prop_map(str::to_owned),
        2 => prop::sample::select(ODD.as_slice()).prop_map(str::to_owned),
        1 => "[ -~]{0,3}",
    ];
    let path =
        prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()));
    let host = prop_oneof![4 => Just("admin.example.org".to_owned()), 1 => "[ -~]{0,20}"];
    (host, path)
}

#[test]
fn gat_04_no_path_passes_that_may_be_read_as_one_that_asks_for_more() {
    holds(5000, &address(), |(host, path)| {
        let original = format!("x-original-url: https://{host}{path}\nx-original-method: GET\n");
        let forwarded = format!(
            "x-forwarded-method: GET\nx-forwarded-proto: https\nx-forwarded-host: {host}\nx-forwarded-uri: {path}\n"
        );
        fuzzing::gate(original.as_bytes());
        fuzzing::gate(forwarded.as_bytes());
        Ok(())
    });
}
