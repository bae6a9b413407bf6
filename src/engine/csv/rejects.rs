//! Rows that could not be taken, in a file of their own: mended, it can be fed again.

use std::collections::VecDeque;
use std::path::Path;

use csv::ByteRecord;

use super::super::failure::Failure;
use super::super::journal::Journal;
use super::super::runs::blocking;
use super::super::task::{Stop, Task};
use super::file::Opened;
use super::out::io;
use crate::domain::csv::REJECTED;
use crate::domain::run::Action;

/// Items and records that are looked at together.
const PAGE: usize = 1_000;

/// Writes the rows of the invalid items of a preview, each with its line and why; gives back how many there are. A file that is there
/// already is replaced: it tells of the file as it was read now.
pub(in super::super) async fn write(task: &Task, journal: &Journal, from: &Opened, to: &str) -> Result<u64, Stop> {
    let path = Path::new(to).to_path_buf();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    let made = blocking(move || tempfile::Builder::new().prefix(".tenantry-").tempfile_in(dir)).await?;
    let file = made.map_err(|e| io(&path, &e))?;
    let mut reading = from.read(PAGE).await?;
    let is_extra: Vec<bool> = reading.header.iter().map(|name| REJECTED.contains(&name.trim())).collect();
    let count = is_extra.len();
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
    let wrong = |error: csv::Error| Failure::new(super::super::failure::ErrorCode::Io, format!("{to}: {error}"));
    let own = |record: &ByteRecord| -> Vec<Vec<u8>> {
        let kept = (0..count).filter(|at| !is_extra.get(*at).copied().unwrap_or_default());
        kept.map(|at| record.get(at).unwrap_or_default().to_vec()).collect()
    };
    let mut header = own(reading.header.as_byte_record());
    header.extend(REJECTED.map(|name| name.as_bytes().to_vec()));
    writer.write_record(header).map_err(wrong)?;
    let (mut rejected, mut after, mut written) = (VecDeque::new(), 0, 0);
    let mut is_over = false;
    while let Some(records) = reading.next().await? {
        task.check()?;
        for read in records {
            while rejected.is_empty() && !is_over {
                let items = journal.unwritten(after, PAGE).await?;
                is_over = items.len() < PAGE;
                after = items.last().map_or(after, |item| item.n);
                let invalid = items.into_iter().filter(|open| open.item.action == Action::Invalid);
                rejected.extend(invalid.filter_map(|open| Some((open.item.line?, open.item.message))));
            }
            let Some((line, _)) = rejected.front() else { break };
            if *line != read.line {
                continue;
            }
            let reason = rejected.pop_front().and_then(|(_, reason)| reason).unwrap_or_default();
            let record = match &read.record {
                Ok(record) => record.as_byte_record(),
                Err((record, _)) => record,
            };
            let mut fields = own(record);
            fields.push(read.line.to_string().into_bytes());
            fields.push(reason.into_bytes());
            writer.write_record(fields).map_err(wrong)?;
            written += 1;
        }
        if is_over && rejected.is_empty() {
            break;
        }
    }
    let path = Path::new(to).to_path_buf();
    blocking(move || {
        let file = writer.into_inner().map_err(|e| Stop::from(io(&path, e.error())))?;
        file.persist(&path).map(drop).map_err(|e| Stop::from(io(&path, &e.error)))
    })
    .await??;
    Ok(written)
}
