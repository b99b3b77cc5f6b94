//! Who is in the clusters that the user names by one CVM: asked before anything else is planned.

use std::net::IpAddr;
use std::path::absolute;
use std::sync::Arc;

use futures::future::join_all;

use crate::agent::client::Client;
use crate::agent::svmips;
use crate::cache;
use crate::cluster::cvm::{Address, Cvm};
use crate::failure::Failure;
use crate::modes::runtime;
use crate::modes::stop::Stop;
use crate::options::SshOptions;
use crate::plan::discover::{Ask, Discovered};
use crate::ssh::session::{Resources, Session};
use crate::usage::Usage;

/// Asks all seeds side by side, and adds their answers to `discovered`.
///
/// Fails on a seed that gives no answer: what is left of a cluster must not look like all of it.
pub fn run(ask: &Ask, discovered: &mut Discovered) -> Result<(), Stop> {
    let ssh = Arc::new(ask.ssh.clone());
    let resources = Resources::new(&ssh);
    let answers = join_all(ask.seeds.iter().map(async |seed| {
        let folder = ask.cache.as_deref();
        let key = key(seed, &ask.ssh);
        let kept = folder.filter(|_| !ask.refresh).and_then(|folder| cache::get(folder, &key));
        // A cached answer is checked like a fresh one: anybody may have written the file.
        if let Some(Ok(cvms)) = kept.map(|kept| svmips::parse(&kept)) {
            return Ok(cvms);
        }
        let session = Session::new(Arc::clone(seed), Arc::clone(&ssh), Arc::clone(&resources));
        let answer = async {
            let mut client = Client::open_once(&session).await?;
            svmips::cluster(&mut client).await
        }
        .await;
        session.close().await;
        if let (Some(folder), Ok(cvms)) = (folder, &answer) {
            let words: Vec<String> = cvms.iter().map(IpAddr::to_string).collect();
            cache::put(folder, &key, &words.join(" "));
        }
        answer
    }));
    let answers = runtime::run(async { Ok(answers.await) })?;
    for (seed, answer) in ask.seeds.iter().zip(answers) {
        discovered.insert(seed.address.clone(), answer.map_err(|failure| usage(seed, failure))?);
    }
    Ok(())
}

/// The mistake of naming a CVM that does not answer.
fn usage(seed: &Cvm, failure: Failure) -> Usage {
    let usage = Usage::new(failure.message).at(format_args!("{} {}", seed.source, seed.name));
    match failure.hint {
        Some(hint) => usage.hint(hint),
        None => usage,
    }
}

/// The key of an answer in the cache: where ssh connects to, and by which config.
fn key(seed: &Cvm, ssh: &SshOptions) -> String {
    let (host, port, user, jump) = match &seed.address {
        Address::Local => ("local", None, None, None),
        Address::Ssh { host, port, user, jump } => (
            host.as_str(),
            port.or(ssh.port),
            user.as_ref().or(ssh.user.as_ref()),
            jump.as_ref().or(ssh.jump.as_ref()),
        ),
    };
    let mut key = host.to_owned();
    let parts = [
        (':', port.map(|port| port.to_string())),
        ('@', user.cloned()),
        ('J', jump.cloned()),
        (
            'F',
            ssh.config.as_ref().and_then(|file| absolute(file).ok()).map(|file| file.display().to_string()),
        ),
    ];
    for (sign, part) in parts {
        if let Some(part) = part {
            key.extend([' ', sign]);
            key.push_str(&part);
        }
    }
    key
}
