//! The cvmtail that an example runs.

use std::path::Path;
use std::process::Command;

/// Builds cvmtail in the profile of the example `name`, which is this program: cargo builds no binary for an example.
///
/// Built together with the example it has the example's features of all dependencies, so only cvmtail itself is left
/// to be compiled.
pub fn cvmtail(name: &str) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let directory = own.ancestors().nth(2).and_then(Path::file_name).and_then(|name| name.to_str());
    let profile = match directory {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--locked", "--profile", profile, "--bin", "cvmtail", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    match built {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("cargo could not build cvmtail".to_owned()),
        Err(error) => Err(format!("cargo cannot be started to build cvmtail: {error}")),
    }
}
