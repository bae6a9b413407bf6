use serde::Serialize;

use crate::engine::protocol::Identity;

#[derive(Debug, Serialize)]
pub(in super::super) struct WhoLine<'a> {
    event: &'static str,
    profile: &'a str,
    environment: &'a str,
    app: &'a str,
    account: &'a Option<String>,
    arn: &'a Option<String>,
    region: &'a Option<String>,
    expires_at: &'a Option<String>,
    tables: &'a Option<Vec<String>>,
    framework: &'a str,
}

impl<'a> WhoLine<'a> {
    pub(in super::super) fn new(i: &'a Identity) -> Self {
        Self {
            event: "who",
            profile: &i.profile,
            environment: &i.environment,
            app: &i.app,
            account: &i.account,
            arn: &i.arn,
            region: &i.region,
            expires_at: &i.expires_at,
            tables: &i.tables,
            framework: &i.framework,
        }
    }
}
