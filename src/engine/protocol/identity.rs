//! Whose credentials are in use, and where they lead.

use crate::config::Profile;
pub use crate::store::SessionEnd;

/// The caller that is signed in, and the place that the sign-in leads to; `None` for facts that are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The profile.
    pub profile: String,
    /// Its environment.
    pub environment: String,
    /// Its app.
    pub app: String,
    /// The account.
    pub account: Option<String>,
    /// The user or role.
    pub arn: Option<String>,
    /// Region in use.
    pub region: Option<String>,
    /// When the credentials end: RFC 3339, UTC, milliseconds.
    pub expires_at: Option<String>,
    /// Modules whose tables there are.
    pub tables: Option<Vec<String>>,
    /// Version of the application's framework, as the profile says.
    pub framework: String,
}

impl Identity {
    /// The facts that are known without asking anybody.
    pub(in crate::engine) fn of(profile: &Profile, region: Option<String>) -> Self {
        Self {
            profile: profile.name.clone(),
            environment: profile.environment.clone(),
            app: profile.app.clone(),
            account: None,
            arn: None,
            region,
            expires_at: None,
            tables: None,
            framework: profile.framework.to_string(),
        }
    }
}
