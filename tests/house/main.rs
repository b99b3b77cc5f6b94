//! The layout of the code, held over its real import graph: which room may name which, and how large each may be.

mod dependencies;
mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use graph::{Graph, room};

/// What the run talks about. From here on, each room imports only rooms that stand before it.
const VOCABULARIES: [&str; 13] = [
    "sanitize", "usage", "hint", "failure", "exit", "step", "human", "cluster", "batch", "event", "item",
    "line", "options",
];

/// Rooms without I/O.
const PURE: [&str; 9] =
    ["tally", "series", "diagnosis", "flow", "snapshot", "config", "cli", "plan", "render"];

/// Rooms with I/O, each with those of its kind that it stands on.
const WITH_IO: [(&str, &[&str]); 13] = [
    ("random", &[]),
    ("trace", &[]),
    ("descriptor", &[]),
    ("replace", &[]),
    ("cache", &["replace"]),
    ("environment", &[]),
    ("output", &["descriptor"]),
    ("report", &["descriptor"]),
    ("askpass", &["report"]),
    ("ssh", &["random"]),
    ("agent", &["random", "ssh"]),
    ("tail", &["agent", "random", "ssh"]),
    ("check", &["agent", "ssh"]),
];

/// The top: batches to bytes, the verbs, and `main`.
const TOP: [&str; 3] = ["pipeline", "modes", "main"];

/// Which rooms each room may import.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut allowed = BTreeMap::new();
    let mut below = BTreeSet::new();
    for room in VOCABULARIES.into_iter().chain(PURE) {
        allowed.insert(room, below.clone());
        below.insert(room);
    }
    for (room, stands_on) in WITH_IO {
        allowed.insert(room, below.iter().chain(stands_on).copied().collect());
    }
    allowed.insert("pipeline", below.clone());
    below.extend(WITH_IO.map(|(room, _)| room));
    below.insert("pipeline");
    allowed.insert("modes", below.clone());
    below.insert("modes");
    allowed.insert("main", below);
    allowed
}

/// The imports of `rooms` that `allowed` does not have.
fn arrows_up(rooms: &Graph) -> Vec<String> {
    let allowed = allowed();
    let imports = rooms.imports.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let arrows =
        imports.filter(|(from, to)| !allowed.get(from.as_str()).is_some_and(|may| may.contains(to.as_str())));
    arrows.map(|(from, to)| format!("{from} -> {to}")).collect()
}

/// Every Rust file below `folder`.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The files of `src`, by module path.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let module = |path: &Path| {
        let below = path.strip_prefix(&root).expect("below src").with_extension("");
        let module = below.to_string_lossy().replace('/', "::");
        module.strip_suffix("::mod").unwrap_or(&module).to_owned()
    };
    let files = rust_files("src");
    files.iter().map(|path| (module(path), fs::read_to_string(path).expect("readable"))).collect()
}

/// The import graph of `files`.
fn graph(files: &BTreeMap<String, String>) -> Graph {
    Graph::new(files.iter().map(|(module, text)| (module.as_str(), text.as_str())))
}

/// The modules that `graph` has outside of `rooms` and that name the crate `name`.
fn strangers(graph: &Graph, name: &str, rooms: &[&str]) -> Vec<String> {
    let users = graph.crates.iter().filter(|(_, crates)| crates.contains(name));
    users.map(|(module, _)| module.clone()).filter(|module| !rooms.contains(&room(module))).collect()
}

#[test]
fn imports_point_one_way() {
    assert_eq!(arrows_up(&graph(&sources()).rooms()), Vec::<String>::new());
}

#[test]
fn every_room_has_its_place() {
    let known: BTreeSet<&str> = allowed().into_keys().collect();
    let rooms = graph(&sources()).rooms();
    let there: BTreeSet<&str> = rooms.imports.keys().map(String::as_str).collect();
    assert_eq!(there, known);
}

#[test]
fn no_files_and_no_rooms_import_each_other() {
    let files = graph(&sources());
    assert_eq!(files.circles(), Vec::<BTreeSet<String>>::new());
    assert_eq!(files.rooms().circles(), Vec::<BTreeSet<String>>::new());
}

#[test]
fn a_planted_circle_is_found() {
    let mut files = sources();
    files.insert(
        "cluster::one".to_owned(),
        "use crate::cluster::{cvm, two::{self as other, Planted}};".to_owned(),
    );
    files.insert("cluster::two".to_owned(), "fn f() -> Option<super::one::Planted> { None }".to_owned());
    let circles = graph(&files).circles();
    assert!(
        circles.contains(&BTreeSet::from(["cluster::one".to_owned(), "cluster::two".to_owned()])),
        "{circles:?}"
    );
}

#[test]
fn a_planted_arrow_is_found() {
    for (module, import, arrow) in [
        ("flow::planted", "use crate::{batch, modes::{self, follow}};", "flow -> modes"),
        ("output::planted", "pub fn f() { crate::report::planted() }", "output -> report"),
        ("line::planted", "fn f() { assert!(super::super::ssh::planted()); }", "line -> ssh"),
        (
            "render::planted",
            "pub use crate::cli as anything; fn f() { println!(\"{}\", crate::tail::X); }",
            "render -> tail",
        ),
    ] {
        let mut files = sources();
        files.insert(module.to_owned(), import.to_owned());
        assert_eq!(arrows_up(&graph(&files).rooms()), [arrow], "{import}");
    }
}

#[test]
fn what_only_tests_compile_does_not_count() {
    let mut files = sources();
    files.insert("usage::planted".to_owned(), "#[cfg(test)] mod tests { use crate::modes; }".to_owned());
    assert_eq!(arrows_up(&graph(&files).rooms()), Vec::<String>::new());
}

#[test]
fn a_library_has_one_room() {
    let graph = graph(&sources());
    for (name, rooms) in [
        ("openssh", &["ssh"][..]),
        ("owo_colors", &["render"]),
        ("indicatif", &["report"]),
        ("tracing_subscriber", &["trace"]),
        ("clap", &["cli", "options", "modes", "main"]),
    ] {
        assert_eq!(strangers(&graph, name, rooms), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn only_the_environment_reads_the_surroundings() {
    let words = ["std::env", "env::var", "is_terminal()", "TimeZone::system()"];
    assert_eq!(files_with(&words, &["environment"]), Vec::<String>::new());
}

#[test]
fn stdout_and_stderr_have_one_owner_each() {
    let words = [
        "print!(",
        "println!(",
        "dbg!(",
        "stdout()",
        "stderr()",
        "use io::stdout",
        "use io::stderr",
        ".print()",
        "error.exit()",
        "/dev/stderr",
        "/dev/tty",
    ];
    // What only names them, and opens nothing.
    let harmless = [
        "io::stdout().is_terminal()",
        "io::stderr().is_terminal()",
        "Output::stdout()",
        "Reporter::stderr(",
        "use_stderr()",
    ];
    let mut sources = sources();
    let said = |sources: &BTreeMap<String, String>| {
        files_in(sources, &["report", "output"], |code| {
            let code = harmless.iter().fold(code.to_owned(), |code, name| code.replace(name, ""));
            code.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && words.iter().any(|word| line.contains(word))
            })
        })
    };
    assert_eq!(said(&sources), Vec::<String>::new());
    for planted in
        ["eprintln!(\"x\")", "std::io::stderr().lock()", "let _ = error.print();", "write(io::stdout())"]
    {
        sources.insert("modes::planted".to_owned(), format!("fn f() {{ {planted}; }}"));
        assert_eq!(said(&sources), ["modes::planted"], "{planted}");
    }
}

#[test]
fn pure_rooms_ask_no_clock_and_open_no_file() {
    let words = [
        "Timestamp::now()",
        "Instant::now()",
        "SystemTime::now()",
        "std::fs",
        "std::net::Tcp",
        "std::thread",
    ];
    let with_io: Vec<&str> = WITH_IO.iter().map(|(room, _)| *room).chain(TOP).chain(["event"]).collect();
    assert_eq!(files_with(&words, &with_io), Vec::<String>::new());
    let graph = graph(&sources());
    assert_eq!(strangers(&graph, "tokio", &with_io), Vec::<String>::new());
    assert_eq!(strangers(&graph, "rustix", &with_io), Vec::<String>::new());
}

/// The modules outside of `rooms` whose text, up to its tests, has one of `words`.
fn files_with(words: &[&str], rooms: &[&str]) -> Vec<String> {
    files_in(&sources(), rooms, |code| words.iter().any(|word| code.contains(word)))
}

/// The modules of `sources` outside of `rooms` whose text, up to its tests, is `wanted`.
fn files_in(
    sources: &BTreeMap<String, String>,
    rooms: &[&str],
    wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let graph = graph(sources);
    let files = sources.iter().filter(|(module, _)| graph.imports.contains_key(*module));
    let foreign = files.filter(|(module, _)| !rooms.contains(&room(module)));
    let found = foreign.filter(|(_, text)| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        wanted(code)
    });
    found.map(|(module, _)| module.clone()).collect()
}

#[test]
fn a_type_name_means_one_thing() {
    let mut types = graph(&sources()).types;
    types.retain(|_, files| files.len() > 1);
    assert_eq!(types, BTreeMap::new());
}

#[test]
fn fields_of_variants_have_names() {
    assert_eq!(graph(&sources()).positional, Vec::<String>::new());
}

#[test]
fn no_file_has_more_than_400_lines() {
    let files = ["src", "tests", "examples", "benches"].into_iter().flat_map(rust_files);
    let long = files.filter(|path| fs::read_to_string(path).expect("readable").lines().count() > 400);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn no_room_holds_more_than_15_percent() {
    let sources = sources();
    let graph = graph(&sources);
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (module, text) in sources.iter().filter(|(module, _)| graph.imports.contains_key(*module)) {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        *lines.entry(room(module)).or_default() +=
            code.lines().filter(|line| !line.trim().is_empty()).count();
    }
    let all: usize = lines.values().sum();
    lines.retain(|_, own| *own * 100 > all * 15);
    assert_eq!(lines, BTreeMap::new());
}
