//! The `inmor-mfa` program.

fn main() -> std::process::ExitCode {
    inmor_mfa::commands::run()
}
