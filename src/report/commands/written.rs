//! Files that a command writes: whole, and never over another one.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Context, Quit};
use crate::domain::digest::hex;
use crate::engine::failure::{ErrorCode, Failure};
use crate::evidence;

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
