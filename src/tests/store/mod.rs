//! What the database promises, on SQLite and on PostgreSQL alike.

mod accounts;
mod migrations;
mod sessions;
mod sqlite_files;
mod throttle;
