//! The login gate as an operator sets it up: real proxies with the printed configurations.

mod assertion;
mod bodies;
mod cases;
mod doctor;
mod echo;
mod proxies;
mod scripts;
mod sites;
mod words;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use self::{cases::CASES, proxies::Kind, world::World};

/// Runs a statement on the program's database; the texts it answers, one a row.
fn query(world: &World, sql: &str) -> Vec<String> {
    let path = world.place.path("data/inmor-mfa.sqlite3");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let url = format!("sqlite://{}", path.display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let sql = AssertSqlSafe(sql.to_owned());
        let texts = sqlx::query_scalar(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        texts
    })
}

/// Prints the matrix of cases and proxies.
#[test]
fn gat_15_every_case_holds_behind_every_proxy() {
    let mut worlds = Kind::ALL.map(World::new);
    let mut failed = 0;
    let names = Kind::ALL.map(|kind| format!("{:8}", kind.name())).concat();
    println!("{:52} {names}", "");
    for (name, case) in CASES {
        let mut line = format!("{name:52} ");
        for world in &mut worlds {
            let passed = catch_unwind(AssertUnwindSafe(|| case(world))).is_ok();
            failed += usize::from(!passed);
            line += if passed { "ok      " } else { "FAILED  " };
        }
        println!("{}", line.trim_end());
    }
    for (kind, world) in Kind::ALL.iter().zip(&worlds) {
        if failed > 0 {
            println!("{kind:?}: {}", world.proxy.logs());
        }
    }
    assert_eq!(failed, 0, "cells of the matrix");
}
