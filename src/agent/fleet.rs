//! All CVMs of a run, and an ear for what ssh says to them.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::agent::heartbeat::Pulse;
use crate::cluster::cvm::Cvm;
use crate::options;
use crate::ssh::session::{LogSink, Resources, Session};
use crate::tail::stream::Host;

/// The CVMs, not connected yet; they share the pace of handshakes. An error: this machine lacks what any run needs.
pub fn hosts(
    cvms: &[Arc<Cvm>],
    ssh: &options::SshOptions,
    pulse: &Rc<Pulse>,
    ear: Option<&LogSink>,
) -> io::Result<Vec<Rc<Host>>> {
    let ssh = Arc::new(ssh.clone());
    let resources = Resources::new(&ssh);
    let host = |cvm: &Arc<_>| {
        let session = Session::new(Arc::clone(cvm), Arc::clone(&ssh), Arc::clone(&resources));
        let session = match ear {
            Some(ear) => session.with_log_sink(Arc::clone(ear)),
            None => session,
        };
        Host::new(session, Rc::clone(pulse))
    };
    cvms.iter().map(host).collect()
}

/// An ear for what ssh says, and where it is heard; without `verbose` there is nothing to hear.
pub fn ear(verbose: bool) -> (Option<LogSink>, UnboundedReceiver<String>) {
    let (mouth, heard) = unbounded_channel();
    let ear: LogSink = Arc::new(move |cvm, _, words| {
        // Nobody listens any more when the run is over.
        let _ = mouth.send(format!("{cvm}: ssh: {}", String::from_utf8_lossy(words)));
    });
    (verbose.then_some(ear), heard)
}
