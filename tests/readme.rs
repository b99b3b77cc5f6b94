//! The README: every command in it does what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::told::LONG;
use crate::world::World;
use crate::world::grade::Grade;
use crate::world::run::binary;
use crate::world::running::Running;

/// How an error in the command line, the environment or the config ends.
const USAGE_ERROR: &str = "try '--help'";

/// The code blocks of the README in that language.
fn blocks(language: &str) -> Vec<String> {
    let readme = include_str!("../README.md");
    let fences = readme.split("\n```").collect::<Vec<_>>();
    // Every other fence opens a block; its first line is the language.
    let blocks = fences.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(name, _)| *name == language).map(|(_, text)| format!("{text}\n")).collect()
}

/// Writes an executable script into the world's own `bin`.
fn script(world: &World, name: &str, text: &str) {
    let file = world.folder().join("bin").join(name);
    fs::write(&file, text).expect("room in /tmp");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("chmod");
}

#[test]
fn blocks_are_valid_in_the_shells_they_are_for() {
    let world = World::new();
    for (language, shells) in
        [("sh", &["sh", "bash", "zsh"][..]), ("bash", &["bash"]), ("zsh", &["zsh"]), ("fish", &["fish"])]
    {
        let blocks = blocks(language);
        assert!(!blocks.is_empty(), "{language}");
        for (block, shell) in blocks.iter().flat_map(|block| shells.iter().map(move |shell| (block, shell))) {
            let file = world.folder().join("tmp/block");
            fs::write(&file, block).expect("room in /tmp");
            let done = world.run(shell, &["-n", &file.display().to_string()]).finish(LONG);
            assert_eq!((done.code(), done.err().as_str()), (0, ""), "{shell}: {block}");
        }
    }
}

#[test]
fn brackets_and_stars_are_quoted() {
    for block in ["sh", "bash", "zsh", ""].into_iter().flat_map(blocks) {
        for line in block.lines().filter(|line| line.contains("cvmtail ") && !line.starts_with('#')) {
            if let Some(command) = line.strip_prefix("$ ").or((!block.starts_with("$ ")).then_some(line)) {
                let bare: String = command.split('\'').step_by(2).collect();
                assert!(!bare.contains(['[', '*', '?']), "{line}");
            }
        }
    }
}

#[test]
fn the_lines_that_install_do() {
    let world = World::new();
    script(&world, "cargo", "#!/bin/sh\n[ \"$*\" = 'install --locked --path .' ]\n");
    let name = world.folder().join("bin/cvmtail");
    std::os::unix::fs::symlink(binary(), name).expect("a link");
    let install = blocks("sh").into_iter().next().expect("a block");
    assert!(install.starts_with("cargo install "), "{install}");
    for (shell, block) in [("sh", install)]
        .into_iter()
        .chain(["bash", "zsh", "fish"].map(|shell| (shell, blocks(shell).concat())))
    {
        let block = if shell == "fish" { block } else { format!("set -e\n{block}") };
        let done = world.run(shell, &["-c", &block]).finish(LONG).expect(0);
        assert_eq!(done.err(), "", "{shell}");
    }
    for (file, beginning) in [
        (".local/share/man/man1/cvmtail.1", ".ie"),
        (".local/share/bash-completion/completions/cvmtail", "if "),
        (".zfunc/_cvmtail", "#compdef cvmtail"),
        (".config/fish/completions/cvmtail.fish", "set -l "),
    ] {
        let text = fs::read_to_string(world.home().join(file)).expect(file);
        assert!(text.starts_with(beginning), "{file}: {text}");
    }
    let loaded = "autoload -Uz compinit; whence -w _cvmtail";
    let done = world.run("zsh", &["-ic", loaded]).finish(LONG);
    assert!(done.out().contains("_cvmtail: function"), "{}{}", done.out(), done.err());
}

#[test]
fn commands_are_understood() {
    let world = World::new();
    // Each command tells which arguments the shell gave it.
    script(
        &world,
        "cvmtail",
        "#!/bin/sh\nprintf '%s\\0' \"$@\" >>\"$HOME/told\"\nprintf '\\n\\0' >>\"$HOME/told\"\n",
    );
    for recipe in blocks("sh").iter().filter(|block| block.contains("cvmtail ") && !block.contains("install"))
    {
        world.run("sh", &["-c", recipe]).finish(LONG);
    }
    let told = fs::read_to_string(world.home().join("told")).expect("commands");
    let commands: Vec<Vec<&str>> = told
        .split("\n\0")
        .filter(|command| !command.is_empty())
        .map(|command| command.split_terminator('\0').collect())
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    // Whatever the README calls a CVM is one of this world.
    let cvm = world.cvm("ntnx-a-cvm").start();
    cvm.install("nutanix/cluster/bin/svmips", "#!/bin/sh\necho 10.0.0.1 10.0.0.2\n");
    let (place, key) = match cvm.port() {
        22 => (format!("HostName {}\n", cvm.address()), cvm.address().to_string()),
        port => {
            (format!("HostName {}\n  Port {port}\n", cvm.address()), format!("[{}]:{port}", cvm.address()))
        }
    };
    let config = fs::read_to_string(world.ssh_config()).expect("the ssh config");
    let config = format!("{config}Host 10.0.0.*\n  {place}  HostKeyAlias {key}\n");
    fs::write(world.ssh_config(), config).expect("the ssh config");
    let directory = world.home().join(".config/cvmtail");
    fs::create_dir_all(&directory).expect("room in /tmp");
    fs::write(directory.join("config.toml"), blocks("toml").concat()).expect("room in /tmp");
    let directory = world.home().display().to_string();
    let start = |arguments: &[&str]| {
        let follows = arguments.first().is_some_and(|first| first.starts_with('-'));
        // Only a world of namespaces has a place for svmips.
        if arguments.contains(&"--discover") && world.grade() == Grade::Ports {
            return None;
        }
        let arguments =
            arguments.iter().map(|argument| argument.replace("/var/lib/node_exporter", &directory));
        let run = world.cvmtail(&[] as &[&str]).args(arguments);
        Some(if follows { run.args(["--for", "1s"]) } else { run }.start())
    };
    let running: Vec<(String, Option<Running>)> =
        commands.iter().map(|arguments| (arguments.join(" "), start(arguments))).collect();
    for (command, run) in running {
        let Some(done) = run.map(|run| run.finish(LONG)) else { continue };
        assert!(done.code() <= 2 && !done.err().contains(USAGE_ERROR), "cvmtail {command}: {}", done.err());
    }
    let wrong = world.cvmtail(&["--no-such-flag"]).finish(LONG).expect(2);
    assert!(wrong.err().contains(USAGE_ERROR), "{}", wrong.err());
}
