//! The plan of `cvmtail cvms`: the CVMs, with `--user` and `--port` where they have none of their own.

use std::sync::Arc;

use crate::cli::{CvmsFlags, Verb};
use crate::cluster::cvm::{Address, Cvm};
use crate::options::ListForm;
use crate::plan::discover::Obstacle;
use crate::plan::inputs::Inputs;
use crate::plan::{common, cvm_choice};

#[derive(Debug)]
pub struct CvmsPlan {
    /// The CVMs, each once; `--user` and `--port` are part of their addresses.
    pub cvms: Vec<Arc<Cvm>>,
    pub form: ListForm,
}

pub(super) fn cvms(
    inputs: &Inputs<'_>,
    flags: &CvmsFlags,
    notes: &mut Vec<String>,
) -> Result<CvmsPlan, Obstacle> {
    let typed = match &inputs.typed.verb {
        Some(Verb::Cvms(typed)) => typed,
        _ => flags,
    };
    let ssh = common::ssh(&flags.cvms, &flags.ssh, false, inputs.surroundings)?;
    let jump = typed.ssh.jump.as_deref();
    let mut cvms = cvm_choice::cvms(inputs, &typed.cvms, &flags.cvms, jump, &ssh, notes)?;
    for cvm in &mut cvms {
        if let Address::Ssh { port, user, .. } = &mut cvm.address {
            *port = port.or(flags.cvms.port);
            *user = user.take().or_else(|| flags.cvms.user.clone());
        }
    }
    Ok(CvmsPlan {
        cvms: cvms.into_iter().map(Into::into).collect(),
        form: common::list_form(flags.json, inputs.surroundings),
    })
}
