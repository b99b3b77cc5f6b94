//! What a shell gets that asks the binary itself to complete a command line.

use crate::cli::complete::{self, Candidates, Known};
use crate::environment::{self, Environment};
use crate::exit::Exit;
use crate::modes::stop::Stop;
use crate::plan::LogNames;

/// Answers the shell. A broken config is not reported here: nobody would read it.
pub fn run(surroundings: &Environment) -> Result<Exit, Stop> {
    let (file, ssh_config) = (surroundings.config.clone(), surroundings.ssh_config.clone());
    let for_cvms = file.clone();
    let known = Known {
        logs: Box::new(move || {
            let logs = LogNames::new(&file.read().unwrap_or_default()).all();
            logs.into_iter().map(|(name, path)| (name, Some(path.to_string()))).collect()
        }),
        cvms: Box::new(move || {
            let config = for_cvms.read().unwrap_or_default();
            let mut cvms: Candidates =
                config.clusters.keys().map(|name| (format!("@{name}"), Some("cluster".to_owned()))).collect();
            cvms.push(("local".to_owned(), Some("this machine, without ssh".to_owned())));
            let texts = ssh_config
                .iter()
                .flat_map(|file| environment::ssh_configs(file, &|text| complete::hosts(text).1));
            let hosts = texts.flat_map(|text| complete::hosts(&text).0);
            cvms.extend(hosts.map(|host| (host, Some("host of your ssh config".to_owned()))));
            cvms
        }),
    };
    let folder = environment::working_folder();
    complete::answer(&surroundings.arguments, folder.as_deref(), known)?;
    Ok(Exit::Found)
}
