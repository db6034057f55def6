#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| inmor_mfa::fuzzing::gate(data));
