//! CRA-11 and CRA-13: programs that start at once, and that are killed while they migrate.

use std::{fs, path::Path, thread};

use sqlx::{
    Connection as _, PgConnection, SqliteConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};

use crate::{
    Outcomes,
    base::{Base, block_on},
    ensure,
    site::Site,
    support::{PASSWORD, is_signed_in},
    trial::{Kind, Trial},
};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

/// The files of a database's migrations, the oldest first.
fn files(kind: Kind) -> Outcomes<Vec<std::path::PathBuf>> {
    let folder = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    let entries = fs::read_dir(Path::new(MIGRATIONS).join(folder))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Outcomes<Vec<_>>>()?;
    files.sort_unstable();
    Ok(files)
}

/// Every migration was run, once, to its end.
fn check_schema(site: &Site, kind: Kind) -> Outcomes<()> {
    let expected = files(kind)?.len();
    let done = site
        .base
        .count("select count(*) from _sqlx_migrations where success")?;
    let all = site.base.count("select count(*) from _sqlx_migrations")?;
    ensure!(
        done == expected && all == expected,
        "{done} of {all} migrations are done, not {expected}"
    );
    site.check_whole()
}

/// Two start on nothing, one is killed at some moment; the other serves, and so does a third.
pub fn two(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(4, 60);
    for _ in 0..rounds {
        let site = Site::new(trial.kind)?;
        let mut first = site.place.start();
        thread::sleep(trial.chance.between(0, 150));
        let mut second = site.place.start();
        thread::sleep(trial.chance.between(0, 400));
        let left = if trial.chance.below(2) == 0 {
            first.kill();
            second
        } else {
            second.kill();
            first
        };
        let mut left = left.listening();
        let third = site.serve()?;
        check_schema(&site, trial.kind)?;
        let link = left.setup_path();
        let mut browser = third.browser();
        let fields = [("login", "anna"), ("password", PASSWORD)];
        ensure!(
            browser.post(&link, &fields)?.status == 303,
            "the first-run link does not work"
        );
        ensure!(
            is_signed_in(&mut browser.at(left.address)),
            "the account is not there"
        );
        ensure!(left.stop().code == Some(0), "it does not end well");
    }
    Ok(format!(
        "{rounds} times two on nothing, one killed within 400 ms: the other and a third serve"
    ))
}

/// From each older schema, and from nothing, with one kill after the other until one start completes.
pub fn migrating(trial: &mut Trial) -> Outcomes<String> {
    let rounds = trial.rounds(1, 10);
    let files = files(trial.kind)?;
    let (mut kills, mut begun) = (0, 0);
    for _ in 0..rounds {
        for old in 0..files.len() {
            let site = Site::new(trial.kind)?;
            if old > 0 {
                migrate(&site, files.get(..old).unwrap_or_default())?;
                let handle = site.base.blob(&[7; 32]);
                site.base.execute(&format!("insert into account (id, username, username_canonical, user_handle, created_at) values ('00000000-0000-7000-8000-000000000001', 'old', 'old', {handle}, 1)"))?;
            }
            for _ in 0..3 {
                let mut starting = site.place.start();
                thread::sleep(trial.chance.between(5, 180));
                starting.kill();
                starting.ended();
                kills += 1;
            }
            begun += 1;
            let server = site.serve()?;
            check_schema(&site, trial.kind)?;
            let accounts = site
                .base
                .count("select count(*) from account where username = 'old'")?;
            ensure!(accounts == usize::from(old > 0), "the account is gone");
            ensure!(server.stop().code == Some(0), "it does not end well");
        }
    }
    Ok(format!(
        "{kills} kills in {begun} migrations from every older schema, each completed by the next start"
    ))
}

/// Makes a database as an older program left it.
fn migrate(site: &Site, files: &[std::path::PathBuf]) -> Outcomes<()> {
    let folder = site.place.path("older");
    fs::create_dir(&folder)?;
    for file in files {
        fs::copy(file, folder.join(file.file_name().ok_or("no name")?))?;
    }
    block_on(async {
        let migrator = Migrator::new(folder.as_path()).await?;
        match &site.base {
            Base::Sqlite(path) => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await?;
                migrator.run(&mut connection).await?;
                connection.close().await
            }
            Base::Postgres(database) => {
                let mut connection = PgConnection::connect(&database.url()).await?;
                migrator.run(&mut connection).await?;
                connection.close().await
            }
        }
    })
}
