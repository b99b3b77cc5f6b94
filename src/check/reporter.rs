//! What is checked, and how the steps are reported.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::cluster::naming::Naming;
use crate::cluster::pattern::PathPattern;
use crate::cluster::target::RemotePath;
use crate::failure::Failure;
use crate::hint::Hint;
use crate::options;
use crate::ssh::session::{LogSink, Resources};
use crate::step::{Name, Step, StepStatus};

/// What is checked on every CVM, and with what.
pub struct CheckScope {
    /// How ssh is called.
    pub ssh: Arc<options::SshOptions>,
    /// What all sessions share.
    pub resources: Arc<Resources>,
    /// Gets what ssh writes (`--verbose`).
    pub ssh_log: Option<LogSink>,
    /// The logs, by name.
    pub logs: Vec<(String, RemotePath)>,
    /// Globs over paths.
    pub patterns: Vec<PathPattern>,
    /// Names what the globs match.
    pub naming: RefCell<Naming>,
}

/// Reports the steps of one CVM, and knows which of the CVM's own are still to come.
pub struct StepReporter<'a> {
    emit: &'a dyn Fn(Step),
    /// The steps of the CVM that were not reported yet.
    pending: RefCell<Vec<Name>>,
}

impl<'a> StepReporter<'a> {
    pub fn new(emit: &'a dyn Fn(Step)) -> Self {
        Self { emit, pending: RefCell::new(Name::OF_CVM.to_vec()) }
    }

    /// Reports a step of the CVM.
    pub fn report(
        &self,
        name: Name,
        status: StepStatus,
        took: Option<Duration>,
        message: String,
        hint: Option<Hint>,
    ) {
        self.pending.borrow_mut().retain(|other| *other != name);
        (self.emit)(Step { name, log: None, status, took, message, hint });
    }

    /// Reports a step that went well.
    pub fn passed(&self, name: Name, took: Option<Duration>, message: String) {
        self.report(name, StepStatus::Passed, took, message, None);
    }

    /// Reports why a step failed, and returns its name.
    pub fn failed(&self, name: Name, took: Option<Duration>, failure: Failure) -> Name {
        self.report(name, StepStatus::Failed, took, failure.message, failure.hint);
        name
    }

    /// Reports a step of a log.
    pub fn report_log(&self, step: Step) {
        (self.emit)(step);
    }

    /// Reports steps of a log that were not tried.
    pub fn skip_log(&self, log: &str, names: &[Name], why: &str) {
        for name in names {
            (self.emit)(skipped(*name, Some(log.to_owned()), why));
        }
    }

    /// Reports all steps of the CVM that are still to come as not tried.
    pub fn skip_pending(&self, why: &str) {
        for name in self.pending.take() {
            (self.emit)(skipped(name, None, why));
        }
    }
}

/// A step that was not tried.
fn skipped(name: Name, log: Option<String>, message: &str) -> Step {
    Step { name, log, status: StepStatus::Skipped, took: None, message: message.to_owned(), hint: None }
}
