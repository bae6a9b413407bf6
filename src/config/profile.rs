use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::domain::publish::PublishMode;
use crate::domain::secret::without_userinfo;

/// Endpoints that replace the services' own; `None` for AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// DynamoDB.
    pub dynamodb: Option<String>,
    /// S3.
    pub s3: Option<String>,
    /// Cognito.
    pub cognito: Option<String>,
}

impl Endpoints {
    /// DynamoDB's, without user and password: as it is shown, recorded and compared.
    #[must_use]
    pub fn dynamodb_shown(&self) -> Option<String> {
        self.dynamodb.as_deref().map(|url| without_userinfo(url).into_owned())
    }
}

/// Version of the application's framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameworkVersion(pub u32, pub u32, pub u32);

impl FrameworkVersion {
    /// The first version whose publishSync writes history and command rows too.
    pub const SYNC_COMPLETE: Self = Self(1, 1, 4);
    /// The first version that reads tenant codes in lower case only.
    pub const LOWER_TENANTS: Self = Self(1, 1, 0);
}

impl FromStr for FrameworkVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(str::parse::<u32>);
        let mut next = || parts.next().transpose().map_err(|_| text.to_owned());
        let (major, minor, patch) = (next()?, next()?, next()?);
        match (major, parts.next()) {
            // Without a patch number the newest of the line is meant.
            (Some(major), None) => Ok(Self(major, minor.unwrap_or(u32::MAX), patch.unwrap_or(u32::MAX))),
            _ => Err(text.to_owned()),
        }
    }
}

impl fmt::Display for FrameworkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        for part in [self.1, self.2].into_iter().filter(|p| *p != u32::MAX) {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// How many people must sign what is written, and who they may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignOff {
    /// People, the operator included; 0 for no signatures.
    pub required: usize,
    /// The file of those who may sign, as ssh and git read it.
    pub allowed_signers: Option<PathBuf>,
    /// A file of keys that were given up: a list of them, or what `ssh-keygen -k` makes.
    pub revoked: Option<PathBuf>,
}

/// One application in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the configuration file; `sandbox` for the built-in one.
    pub name: String,
    /// NODE_ENV.
    pub environment: String,
    /// APP_NAME.
    pub app: String,
    /// AWS region; otherwise the SDK's chain.
    pub region: Option<String>,
    /// AWS profile; otherwise the SDK's chain.
    pub aws_profile: Option<String>,
    /// The command that signs in, as the operator would type it.
    pub sign_in: Option<String>,
    /// Endpoints other than the services' own.
    pub endpoints: Endpoints,
    /// Fixed credentials, access key and secret; only the built-in sandbox profile has them.
    pub credentials: Option<(String, String)>,
    /// Account id, where it is known without asking.
    pub account: Option<String>,
    /// S3_BUCKET_NAME.
    pub bucket: Option<String>,
    /// The Cognito user pool.
    pub user_pool_id: Option<String>,
    /// ATTRIBUTE_LIMIT_SIZE of the application, in bytes of JSON.
    pub attribute_limit_bytes: usize,
    /// IANA name of the application's time zone.
    pub timezone: String,
    /// Version of the application's framework.
    pub framework: FrameworkVersion,
    /// How we publish.
    pub publish: PublishMode,
    /// createdBy and updatedBy of what we write.
    pub operator: String,
    /// createdIp and updatedIp of what we write.
    pub operator_ip: Option<String>,
    /// Whether rollbacks leave `_rolledBackFrom` and `_rolledBackAt`.
    pub rollback_stamp: bool,
    /// Whether writing also wants the tenant's name typed.
    pub protected: bool,
    /// Base names of modules whose tables the application renamed.
    pub tables: BTreeMap<String, String>,
    /// Rule for signing what is written: how many people, and who they may be.
    pub sign_off: SignOff,
}

impl Profile {
    /// A profile with every optional key at its default.
    #[must_use]
    pub fn new(name: &str, environment: &str, app: &str) -> Self {
        Self {
            name: name.to_owned(),
            environment: environment.to_owned(),
            app: app.to_owned(),
            region: None,
            aws_profile: None,
            sign_in: None,
            endpoints: Endpoints::default(),
            credentials: None,
            account: None,
            bucket: None,
            user_pool_id: None,
            attribute_limit_bytes: 102_400,
            timezone: "Asia/Tokyo".to_owned(),
            framework: FrameworkVersion(1, 4, u32::MAX),
            publish: PublishMode::Sync,
            operator: std::env::var("USER").ok().filter(|u| !u.is_empty()).unwrap_or_else(|| "tenantry".to_owned()),
            operator_ip: None,
            rollback_stamp: true,
            protected: false,
            tables: BTreeMap::new(),
            sign_off: SignOff::default(),
        }
    }

    /// Keys in which another one leads or writes otherwise.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let keys = [
            ("environment", self.environment != other.environment),
            ("app", self.app != other.app),
            ("region", self.region != other.region),
            ("aws_profile", self.aws_profile != other.aws_profile),
            ("endpoints", self.endpoints != other.endpoints),
            ("bucket", self.bucket != other.bucket),
            ("user_pool_id", self.user_pool_id != other.user_pool_id),
            ("attribute_limit_bytes", self.attribute_limit_bytes != other.attribute_limit_bytes),
            ("timezone", self.timezone != other.timezone),
            ("framework", self.framework != other.framework),
            ("publish", self.publish != other.publish),
            ("operator", self.operator != other.operator),
            ("operator_ip", self.operator_ip != other.operator_ip),
            ("rollback_stamp", self.rollback_stamp != other.rollback_stamp),
            ("protected", self.protected != other.protected),
            ("tables", self.tables != other.tables),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }

    /// Why synchronous publishing is refused under this profile; `None` when it is not.
    #[must_use]
    pub fn sync_refused(&self) -> Option<String> {
        (self.publish == PublishMode::Sync && self.framework < FrameworkVersion::SYNC_COMPLETE).then(|| {
            format!(
                "framework {} publishes synchronous commands through its pipeline as well, where a row of ours would fail the version \
                 check and raise an alarm; set publish = \"async\" in profile {}",
                self.framework, self.name
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_without_patch_mean_the_newest_of_the_line() {
        let v = |t: &str| t.parse::<FrameworkVersion>().unwrap();
        assert!(v("1.1.3") < FrameworkVersion::SYNC_COMPLETE);
        assert!(v("1.1") > FrameworkVersion::SYNC_COMPLETE && v("1.2") > FrameworkVersion::SYNC_COMPLETE);
        assert!(v("1.0") < FrameworkVersion::SYNC_COMPLETE && v("0.1.74") < FrameworkVersion::SYNC_COMPLETE);
        assert_eq!((v("1.4").to_string(), v("1.1.4").to_string()), ("1.4".into(), "1.1.4".into()));
        assert!("1.x".parse::<FrameworkVersion>().is_err() && "1.2.3.4".parse::<FrameworkVersion>().is_err());
        assert!("".parse::<FrameworkVersion>().is_err());
    }

    #[test]
    fn a_profile_that_differs_names_the_keys() {
        let old = Profile::new("p", "dev", "shop");
        let same = Profile { sign_in: Some("aws sso login".into()), ..old.clone() };
        assert!(old.differences(&same).is_empty());
        let other = Profile { region: Some("eu-west-1".into()), protected: true, ..old.clone() };
        assert_eq!(old.differences(&other), ["region", "protected"]);
    }

    #[test]
    fn sync_publishing_is_refused_below_1_1_4() {
        let mut profile = Profile::new("p", "dev", "shop");
        assert_eq!(profile.sync_refused(), None);
        profile.framework = FrameworkVersion(1, 1, 3);
        assert!(profile.sync_refused().unwrap().contains("1.1.3"));
        profile.publish = PublishMode::Async;
        assert_eq!(profile.sync_refused(), None);
    }
}
