//! Files that a command writes: whole, and never over another one.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Context, Quit};
use crate::config::plan::load_mask;
use crate::domain::digest::hex;
use crate::engine::failure::{ErrorCode, Failure};
use crate::evidence::{self, Masking};
use crate::masking;

/// The mask of a report, where a file says how; its key is gone with it.
pub(super) fn masking(file: Option<&Path>) -> Result<Option<Masking>, Quit> {
    let Some(file) = file else { return Ok(None) };
    let mask = masking::begin(load_mask(file)?, "masked").map_err(Quit::Failed)?;
    Ok(Some(Masking::new(mask)))
}

pub(super) fn write(context: &mut Context, file: &Path, text: &str) -> Result<(), Quit> {
    let name = file.display().to_string();
    evidence::write(file, text).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(ErrorCode::Io, format!("{name} exists already"))
            .hint("name another one: nothing is written over"),
        _ => Failure::new(ErrorCode::Io, format!("{name}: {error}")),
    })?;
    context.end.sha256 = Some(hex(&Sha256::digest(text.as_bytes())));
    context.end.to = Some(name);
    Ok(())
}
