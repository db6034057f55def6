//! The program as an operator meets it: a process with arguments, an environment, standard streams,
//! signals and sockets. Every test runs the real binary in a folder of its own.
//!
//! Nothing here sleeps: a test waits for a line, for an answer, or for an end. The tests on
//! PostgreSQL find it in `TEST_POSTGRES_URL`: `.ci/postgres cargo nextest run --features ssr --test program`.

#![cfg(test)]

mod accounts;
mod backup;
mod database;
mod deploy;
mod django;
mod gate;
mod http;
mod keys;
mod postgres;
mod pressure;
mod processes;
mod second_factor;
mod secrets;
#[path = "../support/security_key/mod.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod security_key;
mod serving;
mod settings;
mod support;
mod systemd;
mod wire;
