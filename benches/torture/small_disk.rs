//! A small file system for a database, and CRA-06: one that cannot be written to.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    Outcomes,
    base::Base,
    crowd, ensure,
    http::Browser,
    person::words,
    secrets,
    site::Site,
    support::is_signed_in,
    trial::{Kind, Trial},
};

/// A site whose database lies on a file system of its own, gone with it.
pub struct SmallDisk {
    pub site: Site,
    pub folder: PathBuf,
}

impl SmallDisk {
    /// With so many KiB. Needs the right to mount.
    pub fn new(kib: u32) -> Outcomes<Self> {
        let site = Site::new(Kind::Sqlite)?.set("DATABASE_URL", "sqlite://small/db.sqlite3");
        let folder = site.place.path("small");
        fs::create_dir(&folder)?;
        let disk = Self {
            site: Site {
                base: Base::Sqlite(folder.join("db.sqlite3")),
                ..site
            },
            folder,
        };
        let limits = format!("size={kib}k,mode=700");
        disk.mount(&["-t", "tmpfs", "-o", &limits, "none"])?;
        Ok(disk)
    }

    /// # Errors
    /// In words that say how to go on without.
    pub fn mount(&self, words: &[&str]) -> Outcomes<()> {
        let done = Command::new("mount").args(words).arg(&self.folder).output();
        let cause = match done {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        Err(format!(
            "this needs to mount a file system, as root; --without-mount leaves it out ({cause})"
        )
        .into())
    }

    fn unmount(&self) -> bool {
        let done = Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .output();
        done.is_ok_and(|done| done.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // as often as something was mounted there
        while self.unmount() {}
    }
}

/// What a scenario says that was left out.
pub fn left_out(trial: &Trial) -> Option<String> {
    (!trial.options.may_mount).then(|| "NOT RUN, as --without-mount asks".to_owned())
}

/// Read-only at the start: the program says so and ends. Read-only while it runs: what it cannot write
/// is answered 503, nobody gets in wrongly, and it is well again without a restart.
pub fn read_only(trial: &mut Trial) -> Outcomes<String> {
    if let Some(words) = left_out(trial) {
        return Ok(words);
    }
    let disk = SmallDisk::new(8_192)?;
    let site = &disk.site;
    let server = site.serve()?;
    let mut people = crowd::add(site, &secrets::keyring()?, 4, 10)?.people;
    server.stop();
    disk.mount(&["-o", "remount,ro"])?;
    for command in [
        &["serve"][..],
        &["accounts", "create", "anna", "--password-stdin"],
    ] {
        let ended = site.place.run_with(command, "seven quiet otters juggle\n");
        let line = ended.failure();
        ensure!(line.contains("database"), "it says: {line}");
    }
    disk.mount(&["-o", "remount,rw"])?;

    let server = site.serve()?;
    let person = people.first_mut().ok_or("nobody")?;
    let mut browser = person.get_in(&server)?;
    let folder = disk.folder.to_string_lossy().into_owned();
    disk.mount(&["--bind", &folder])?;
    disk.mount(&["-o", "remount,bind,ro"])?;
    let (mut well, mut refused) = (0, 0);
    for person in people.iter_mut().skip(1) {
        let mut other = Browser::new(server.address);
        let fields = [("login", person.name.as_str()), ("password", "wrong")];
        let answer = other.post("/accounts/login/", &fields)?;
        ensure!(
            [401, 503].contains(&answer.status),
            "a wrong password: {}",
            words(&answer)
        );
        match person.get_in(&server) {
            Ok(_) => well += 1,
            Err(error) if error.to_string().contains("503") => refused += 1,
            Err(error) => return Err(error),
        }
    }
    ensure!(disk.unmount(), "it cannot be unmounted");
    ensure!(is_signed_in(&mut browser), "the session is gone");
    people.first_mut().ok_or("nobody")?.get_in(&server)?;
    ensure!(server.stop().code == Some(0), "it does not end well");
    site.check_whole()?;
    Ok(format!(
        "told in one line at the start; amid the run {well} sign-ins went on through open files, {refused} answered 503"
    ))
}
