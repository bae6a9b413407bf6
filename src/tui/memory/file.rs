//! The file that remembers: of a profile, with a part for each place and account that it led to.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use serde_json::{Value as Json, json};

use super::{Memory, MemoryChange};
use crate::config::{Profile, open_regular};
use crate::tui::files::write_private;

/// Places and accounts of a profile that are remembered.
const PARTS: usize = 16;

/// Where it is for a profile.
pub(crate) fn path(state_dir: &Path, profile: &Profile) -> PathBuf {
    let plain: String = profile.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    state_dir.join("places").join(format!("{plain}.json"))
}

/// The scope of a part: the same keys mean other things elsewhere.
fn scope(profile: &Profile, account: Option<&str>) -> Json {
    json!([profile.name, profile.environment, profile.app, profile.region, account])
}

fn parts(path: &Path) -> Vec<Json> {
    let read = || {
        crate::engine::journal::regular(path).ok()?;
        let json: Json = serde_json::from_reader(BufReader::new(open_regular(path).ok()?)).ok()?;
        json.get("parts")?.as_array().cloned()
    };
    read().unwrap_or_default()
}

/// The memory of a profile and an account; empty where the file cannot be read.
pub(crate) fn read(path: &Path, profile: &Profile, account: Option<&str>) -> Memory {
    let scope = scope(profile, account);
    let part = parts(path).into_iter().find(|part| part.get("of") == Some(&scope));
    part.and_then(|part| part.get("memory").map(Memory::from_json)).unwrap_or_default()
}

/// Takes a change into the file, whatever another console has written there meanwhile.
///
/// # Errors
/// Errors of the file system.
fn record(path: &Path, profile: &Profile, account: Option<&str>, change: &MemoryChange) -> std::io::Result<()> {
    let scope = scope(profile, account);
    let mut parts = parts(path);
    let own = parts.iter().position(|part| part.get("of") == Some(&scope)).map(|at| parts.remove(at));
    let mut memory = own.and_then(|part| part.get("memory").map(Memory::from_json)).unwrap_or_default();
    memory.apply(change);
    // The last one used stands last, and the first ones go.
    parts.push(json!({"of": scope, "memory": memory.to_json()}));
    let over = parts.len().saturating_sub(PARTS);
    parts.drain(..over);
    write_private(path, json!({ "parts": parts }).to_string().as_bytes())
}

/// Writes changes down in their order, on a thread of its own; what was handed over is written before it goes.
#[derive(Debug)]
pub(crate) struct Scribe {
    changes: Option<Sender<(Option<String>, MemoryChange)>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// For the file of a profile.
    pub(crate) fn new(path: PathBuf, profile: Profile) -> Self {
        let (sender, changes) = channel::<(Option<String>, MemoryChange)>();
        let thread = std::thread::spawn(move || {
            for (account, change) in changes {
                if let Err(error) = record(&path, &profile, account.as_deref(), &change) {
                    tracing::warn!("what was looked at could not be kept in {}: {error}", path.display());
                }
            }
        });
        Self { changes: Some(sender), thread: Some(thread) }
    }

    /// Hands a change over.
    pub(crate) fn write(&self, account: Option<String>, change: MemoryChange) {
        if let Some(changes) = &self.changes {
            // Without a thread there is nobody left to tell.
            let _ = changes.send((account, change));
        }
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.changes = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::{Bookmark, Spot};
    use super::*;

    fn visit(pk: &str) -> MemoryChange {
        MemoryChange::Visit(Spot::Partition("product".into(), pk.into()))
    }

    #[test]
    fn each_account_has_its_own_and_others_read_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::new("a/b", "dev", "shop");
        let file = path(dir.path(), &profile);
        assert_eq!(file.file_name().unwrap(), "a_b.json");
        let scribe = Scribe::new(file.clone(), profile.clone());
        scribe.write(Some("1".into()), visit("A#x"));
        scribe.write(Some("1".into()), visit("B#x"));
        scribe.write(Some("2".into()), visit("C#x"));
        drop(scribe);
        let of = |account| read(&file, &profile, account).recent.iter().map(Spot::label).collect::<Vec<_>>();
        assert_eq!((of(Some("1")), of(Some("2"))), (vec!["B#x".to_owned(), "A#x".to_owned()], vec!["C#x".to_owned()]));
        assert_eq!(of(None), Vec::<String>::new());
        let elsewhere = Profile { region: Some("us-east-1".into()), ..profile.clone() };
        assert_eq!(read(&file, &elsewhere, Some("1")), Memory::default());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn two_consoles_lose_nothing_of_each_other_and_a_broken_file_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::new("a", "dev", "shop");
        let file = path(dir.path(), &profile);
        let keep = |name: &str| MemoryChange::Keep(Bookmark { name: name.into(), spot: Spot::Search("bolt".into()) });
        let consoles = [Scribe::new(file.clone(), profile.clone()), Scribe::new(file.clone(), profile.clone())];
        consoles[0].write(None, keep("one"));
        drop(consoles);
        let second = Scribe::new(file.clone(), profile.clone());
        second.write(None, keep("two"));
        drop(second);
        assert_eq!(read(&file, &profile, None).bookmarks.len(), 2);
        for n in 0..PARTS {
            record(&file, &profile, Some(&n.to_string()), &visit("A#x")).unwrap();
        }
        assert_eq!((parts(&file).len(), read(&file, &profile, None)), (PARTS, Memory::default()));
        std::fs::write(&file, "{\"parts\":").unwrap();
        assert_eq!(read(&file, &profile, Some("1")), Memory::default());
    }
}
