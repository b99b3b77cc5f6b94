//! What is removed, and above all what is not.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ssh::control_sockets::{ControlSockets, KEEPER, LONGEST, removal};

/// The names in a directory.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable");
    let names = entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A name as a dead run has it.
const DEAD: &str = "cvmtail-sockets-4711-0123456789abcdef";

/// Makes a directory as a dead run left it, with these sockets.
fn dead(parent: &Path, name: &str, sockets: &[&str]) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir(&folder).expect("made");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("chmod");
    for socket in sockets {
        drop(UnixListener::bind(folder.join(socket)).expect("a socket"));
    }
    folder
}

#[test]
fn the_directory_is_private_and_goes_with_its_owner() {
    let parent = tempfile::tempdir().expect("a directory");
    let sockets = ControlSockets::new(parent.path().join("run"));
    assert!(names(parent.path()).is_empty(), "nothing before it is wanted");
    let first = sockets.next_path().expect("a name");
    let second = sockets.next_path().expect("a name");
    assert_ne!(first, second);
    let folder = first.parent().expect("a directory");
    assert_eq!(fs::metadata(folder).expect("there").permissions().mode() & 0o7777, 0o700);
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let rest = name.strip_prefix(&format!("cvmtail-sockets-{}-", std::process::id())).expect(&name);
    assert!(rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    drop(UnixListener::bind(&first).expect("a socket"));
    drop(UnixListener::bind(folder.join("1.AbCdEfGhIjKlMn01")).expect("a socket"));
    drop(sockets);
    assert!(names(&parent.path().join("run")).is_empty());
}

#[test]
fn the_longest_name_fits_where_sockets_live() {
    // Of the longest directory that `Environment` chooses, with the largest pid, and 16 characters ssh adds.
    let longest = 40 + "/cvmtail-sockets-4194304-0123456789abcdef/9999".len();
    assert!(longest <= LONGEST, "{longest}");
}

#[test]
fn what_the_dead_left_is_swept_and_what_the_living_hold_is_not() {
    let parent = tempfile::tempdir().expect("a directory");
    dead(parent.path(), DEAD, &["0", "17", "3.AbCdEfGhIjKlMn01"]);
    dead(parent.path(), "cvmtail-sockets-1-ffffffffffffffff", &[]);
    let living = ControlSockets::new(parent.path());
    let held = living.next_path().expect("a name");
    let second = ControlSockets::new(parent.path());
    let other = second.next_path().expect("a name");
    assert!(held.parent().is_some_and(Path::exists), "the living keeps its directory");
    assert_ne!(held.parent(), other.parent());
    drop((living, second));
    assert_eq!(names(parent.path()), Vec::<String>::new());
}

#[test]
fn directories_of_any_other_name_stay_with_all_they_hold() {
    let parent = tempfile::tempdir().expect("a directory");
    let others = [
        "cvmtail",
        "cvmtail-0.1.0",
        "cvmtail-4711",
        "cvmtail-4711-1",
        "cvmtail-incident-4711",
        "cvmtail-sockets",
        "cvmtail-sockets-",
        "cvmtail-sockets-4711",
        "cvmtail-sockets-4711-0123456789abcde",
        "cvmtail-sockets-4711-0123456789abcdef0",
        "cvmtail-sockets-4711-0123456789ABCDEF",
        "cvmtail-sockets-4711-0123456789abcdeg",
        "cvmtail-sockets--0123456789abcdef",
        "cvmtail-sockets-x-0123456789abcdef",
        "xcvmtail-sockets-4711-0123456789abcdef",
    ];
    for name in others {
        dead(parent.path(), name, &["0"]);
    }
    removal::sweep(parent.path());
    for name in others {
        assert_eq!(names(&parent.path().join(name)), ["0"], "{name}");
    }
}

/// Makes something that is no control socket in that directory.
type Spoil = fn(&Path);

/// What no run of this program leaves in its directory.
const FOREIGN: &[(&str, Spoil)] = &[
    ("a file", |folder| fs::write(folder.join("1"), "precious").expect("written")),
    ("a hidden file", |folder| fs::write(folder.join(".notes"), "precious").expect("written")),
    ("a directory", |folder| fs::create_dir(folder.join("1")).expect("made")),
    ("a link to a socket", |folder| symlink("0", folder.join("1")).expect("linked")),
    ("a link to nothing", |folder| symlink("nowhere", folder.join("1")).expect("linked")),
    ("a socket of another name", |folder| drop(UnixListener::bind(folder.join("agent")).expect("bound"))),
    ("a short suffix", |folder| drop(UnixListener::bind(folder.join("1.abc")).expect("bound"))),
    ("a name with blanks", |folder| fs::write(folder.join("1 2\n3"), "precious").expect("written")),
];

#[test]
fn a_directory_that_holds_anything_else_stays_as_it_is() {
    for (what, spoil) in FOREIGN {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = dead(parent.path(), DEAD, &["0"]);
        spoil(&folder);
        let before = names(&folder);
        removal::sweep(parent.path());
        assert_eq!(names(&folder), before, "{what}, swept");
        keeper(&folder, "");
        assert_eq!(names(&folder), before, "{what}, kept");
        let sockets = ControlSockets::new(parent.path());
        let own = sockets.next_path().expect("a name").parent().expect("a directory").to_owned();
        drop(UnixListener::bind(own.join("0")).expect("bound"));
        spoil(&own);
        drop(sockets);
        assert_eq!(names(&own), before, "{what}, dropped");
    }
}

#[test]
fn a_directory_that_is_not_private_or_is_a_link_stays() {
    let parent = tempfile::tempdir().expect("a directory");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let open = dead(parent.path(), DEAD, &["0"]);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("chmod");
    let target = dead(elsewhere.path(), DEAD, &["0"]);
    symlink(&target, parent.path().join("cvmtail-sockets-7-0123456789abcdef")).expect("linked");
    fs::write(parent.path().join("cvmtail-sockets-8-0123456789abcdef"), "precious").expect("written");
    removal::sweep(parent.path());
    assert_eq!((names(&open), names(&target)), (vec!["0".to_owned()], vec!["0".to_owned()]));
    assert_eq!(names(parent.path()).len(), 3);
}

#[test]
fn a_directory_of_another_user_stays() {
    let parent = tempfile::tempdir().expect("a directory");
    let folder = dead(parent.path(), DEAD, &["0"]);
    // Only root gives a directory away.
    if std::os::unix::fs::chown(&folder, Some(65_534), None).is_ok() {
        removal::sweep(parent.path());
        assert_eq!(names(&folder), ["0"]);
    }
}

#[test]
fn a_directory_replaced_after_the_check_stays() {
    let parent = tempfile::tempdir().expect("a directory");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let path = dead(parent.path(), DEAD, &["0"]);
    let precious = dead(elsewhere.path(), "precious", &["0"]);
    let folder = removal::open(&path).expect("there");
    let found = removal::SocketDirectory::check(&folder).expect("sockets only");
    fs::rename(&path, parent.path().join("moved")).expect("moved");
    symlink(&precious, &path).expect("linked");
    found.remove(&path);
    assert_eq!(names(&precious), ["0"]);
    assert!(path.is_symlink());
}

#[test]
fn sweeps_side_by_side_do_not_meet_each_others_directories() {
    let parent = tempfile::tempdir().expect("a directory");
    for n in 0..20 {
        dead(parent.path(), &format!("cvmtail-sockets-{n}-0123456789abcdef"), &["0", "1"]);
    }
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let sockets = ControlSockets::new(parent.path());
                let socket = sockets.next_path().expect("a name");
                drop(UnixListener::bind(&socket).expect("its directory is there"));
            });
        }
    });
    assert_eq!(names(parent.path()), Vec::<String>::new());
}

#[test]
fn a_path_that_ssh_cannot_use_is_an_error_here() {
    let parent = tempfile::tempdir().expect("a directory");
    let long = parent.path().join("x".repeat(LONGEST));
    assert_eq!(
        ControlSockets::new(long).next_path().expect_err("too long").kind(),
        io::ErrorKind::InvalidFilename
    );
    let variable = parent.path().join("${HOME}");
    assert_eq!(
        ControlSockets::new(variable).next_path().expect_err("a variable").kind(),
        io::ErrorKind::InvalidFilename
    );
}

/// Runs the keeper of `folder`, which reads `word` and the end.
fn keeper(folder: &Path, word: &str) {
    let script = format!("printf '{word}' | sh -c \"$0\" keeper \"$1\"");
    let mut run = Command::new("sh");
    run.args(["-c", &script, KEEPER]).arg(folder).current_dir(folder).env("LC_ALL", "C");
    assert!(run.status().is_ok(), "the keeper runs");
}

#[test]
fn the_keeper_removes_when_its_owner_dies_and_only_then() {
    let parent = tempfile::tempdir().expect("a directory");
    for (word, there) in [("gone\\n", true), ("", false)] {
        let folder = parent.path().join("a 'quoted' name");
        if !folder.exists() {
            dead(parent.path(), "a 'quoted' name", &["0", "21", "3.AbCdEfGhIjKlMn01"]);
        }
        keeper(&folder, word);
        assert_eq!(folder.exists(), there, "{word}");
    }
}
