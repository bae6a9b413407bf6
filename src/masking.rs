//! Masks as their files describe them, each with a key of its own.

use std::path::Path;

use jiff::Timestamp;

use crate::config::plan::MaskFile;
use crate::domain::clock::utc_millis;
use crate::domain::mask::{Mask, Secret};
use crate::engine::failure::{ErrorCode, Failure};
use crate::worker;

/// Source of the keys: nobody can guess one.
const RANDOM: &str = "/dev/urandom";

/// A mask with a new key, which is gone with it. References to objects name the bucket.
///
/// # Errors
/// A [`Failure`] where a filter of the file cannot be compiled, or there is no source of keys.
pub(crate) fn begin(file: MaskFile, bucket: &str) -> Result<Mask, Box<Failure>> {
    use std::io::Read as _;
    let mut random = [0; 64];
    let path = Path::new(RANDOM);
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut random))
        .map_err(|error| Failure::new(ErrorCode::Io, format!("{}: {error}", path.display())))?;
    let changing = worker::changing(&file.change, &utc_millis(Timestamp::now()))
        .map_err(|bad| Failure::new(ErrorCode::Config, format!("transform.jq: {bad}")))?;
    let changing = Some(changing).filter(|changing| !changing.is_empty());
    Ok(Mask::new(file.rules, changing, Secret::new(random), bucket))
}
