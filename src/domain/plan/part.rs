//! One of several parts of a plan, each carried out by a process of its own, perhaps on a machine of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Parts of a plan at most.
pub const MOST: u32 = 100_000;

/// A part of a plan: `index` of `count`, the first being 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanPart {
    index: u32,
    count: u32,
}

/// Why a text is no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPart {
    /// It is written in another way.
    #[error("{0:?} is no part such as \"3/8\": the first of eight is \"1/8\", the last one \"8/8\"")]
    Text(String),
    /// No engine that runs parts set its variables.
    #[error(
        "part auto finds none of AWS_BATCH_JOB_ARRAY_INDEX with AWS_BATCH_JOB_ARRAY_SIZE, JOB_COMPLETION_INDEX with \
         TENANTRY_PARTS, and TENANTRY_PART in the environment"
    )]
    NotSet,
    /// One of them without how many parts there are.
    #[error("{index} says which part this is, and {count} does not say of how many")]
    NoCount {
        /// The variable that is set.
        index: &'static str,
        /// The one that is not, or holds no number.
        count: &'static str,
    },
}

impl PlanPart {
    /// The part with an index from 0, as engines number their workers.
    fn numbered(index: u32, count: u32) -> Option<Self> {
        (index < count && count <= MOST).then(|| Self { index: index + 1, count })
    }

    /// Its place among the parts, from 1.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Of how many.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// True for an entity of this part. Each belongs to exactly one: the first eight bytes of the SHA-256 of `pk\nsk`, taken as a
    /// share of all that they could be, fall into it.
    #[must_use]
    pub fn takes(self, pk: &str, sk: &str) -> bool {
        let mut hash = Sha256::new();
        hash.update(pk.as_bytes());
        hash.update(b"\n");
        hash.update(sk.as_bytes());
        let high = hash.finalize().iter().take(8).fold(0_u64, |high, byte| high << 8 | u64::from(*byte));
        let place = (u128::from(high) * u128::from(self.count)) >> 64;
        place + 1 == u128::from(self.index)
    }

    /// The part that an engine names in the environment: AWS Batch array jobs, Indexed Jobs of Kubernetes, or whoever sets `TENANTRY_PART`.
    ///
    /// # Errors
    /// [`NoPart`].
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, NoPart> {
        const ENGINES: [(&str, &str); 2] =
            [("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"), ("JOB_COMPLETION_INDEX", "TENANTRY_PARTS")];
        if let Some(text) = variable("TENANTRY_PART").filter(|text| !text.is_empty()) {
            return text.parse();
        }
        for (index, count) in ENGINES {
            let Some(text) = variable(index).filter(|text| !text.is_empty()) else { continue };
            let number = variable(count).and_then(|count| count.parse().ok());
            let number: u32 = number.ok_or(NoPart::NoCount { index, count })?;
            let part = text.parse().ok().and_then(|place| Self::numbered(place, number));
            return part.ok_or_else(|| NoPart::Text(format!("{text}/{number}")));
        }
        Err(NoPart::NotSet)
    }
}

impl FromStr for PlanPart {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Self, NoPart> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            let (index, count) = (index.trim().parse::<u32>().ok()?, count.trim().parse::<u32>().ok()?);
            Self::numbered(index.checked_sub(1)?, count)
        });
        parsed.ok_or_else(|| NoPart::Text(text.to_owned()))
    }
}

impl TryFrom<String> for PlanPart {
    type Error = NoPart;

    fn try_from(text: String) -> Result<Self, NoPart> {
        text.parse()
    }
}

impl From<PlanPart> for String {
    fn from(part: PlanPart) -> Self {
        part.to_string()
    }
}

impl fmt::Display for PlanPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_entity_belongs_to_exactly_one_part(pk in ".{0,20}", sk in ".{0,20}", count in 1..64_u32) {
            let parts = (0..count).filter_map(|index| PlanPart::numbered(index, count));
            prop_assert_eq!(parts.filter(|part| part.takes(&pk, &sk)).count(), 1);
        }
    }

    #[test]
    fn parts_are_about_as_large_as_each_other_and_stay_what_they_are() {
        let third: PlanPart = "3/8".parse().unwrap();
        let taken = (0..8_000).filter(|n| third.takes("PRODUCT#acme", &format!("P-{n}"))).count();
        assert!((900..1_100).contains(&taken), "{taken}");
        // `printf 'PRODUCT#acme\nP-1' | sha256sum` begins with bf: in the sixth of eight.
        for (sk, index) in [("P-1", 6), ("I-0001", 3)] {
            assert!(PlanPart { index, count: 8 }.takes("PRODUCT#acme", sk), "{sk}");
        }
    }

    #[test]
    fn parts_are_written_from_one_on() {
        for (text, part) in [("1/1", Some((1, 1))), ("8/8", Some((8, 8))), (" 3 / 8 ", Some((3, 8))), ("0/8", None)] {
            assert_eq!(text.parse::<PlanPart>().ok().map(|p| (p.index(), p.count())), part, "{text}");
        }
        for text in ["9/8", "1/0", "", "3", "a/b", "-1/8", "1/100001", "auto"] {
            assert_eq!(text.parse::<PlanPart>(), Err(NoPart::Text(text.to_owned())), "{text}");
        }
        assert_eq!("3/8".parse::<PlanPart>().unwrap().to_string(), "3/8");
    }

    #[test]
    fn engines_say_which_part_a_worker_does() {
        let of = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            PlanPart::of_environment(|name| set.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
                .map(|part| part.to_string())
        };
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "10")];
        assert_eq!(of(&batch).as_deref(), Ok("1/10"));
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "4"), ("TENANTRY_PARTS", "5")]).as_deref(), Ok("5/5"));
        assert_eq!(of(&[("TENANTRY_PART", "2/3"), batch[0], batch[1]]).as_deref(), Ok("2/3"));
        let (index, count) = ("JOB_COMPLETION_INDEX", "TENANTRY_PARTS");
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "4")]), Err(NoPart::NoCount { index, count }));
        assert_eq!(of(&[("JOB_COMPLETION_INDEX", "5"), ("TENANTRY_PARTS", "5")]), Err(NoPart::Text("5/5".to_owned())));
        assert_eq!(of(&[]), Err(NoPart::NotSet));
    }
}
