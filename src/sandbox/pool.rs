//! What the embedded Cognito's user pool looks like: its attributes and its users.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use awsim_cognito::state::{
    CognitoUser, PasswordPolicy, SchemaAttribute, StringAttributeConstraints, UserPool, default_user_pool_schema,
};

use super::{ACCOUNT, REGION};

/// The id of the sandbox's pool, the same in every sandbox.
pub(super) const ID: &str = "ap-northeast-1_Sandbox01";

/// The custom attributes that applications of the framework keep tenant codes in.
const ATTRIBUTES: [&str; 3] = ["custom:tenant", "custom:roles", "custom:groups"];

/// A user of the pool who has no password and so cannot sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: String,
    /// The attribute `sub`, a UUID as text.
    pub sub: String,
    /// Every other attribute by its full name, such as `email` or `custom:tenant`.
    pub attributes: Vec<(String, String)>,
}

/// The pool without users.
pub(super) fn empty() -> UserPool {
    let now = now();
    let mut schema = default_user_pool_schema();
    schema.extend(ATTRIBUTES.map(|name| SchemaAttribute {
        name: name.to_owned(),
        attribute_data_type: "String".to_owned(),
        required: false,
        mutable: true,
        developer_only_attribute: false,
        string_attribute_constraints: Some(StringAttributeConstraints { min_length: Some(0), max_length: Some(2048) }),
        number_attribute_constraints: None,
    }));
    UserPool {
        id: ID.to_owned(),
        name: "shop".to_owned(),
        arn: format!("arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{ID}"),
        clients: HashMap::new(),
        users: HashMap::new(),
        groups: HashMap::new(),
        created_date: now,
        policies: PasswordPolicy::default(),
        mfa_configuration: "OFF".to_owned(),
        software_token_mfa_enabled: false,
        auto_verified_attributes: vec!["email".to_owned()],
        username_attributes: Vec::new(),
        alias_attributes: Vec::new(),
        lambda_config: HashMap::new(),
        schema,
        email_configuration: None,
        domain: None,
        resource_servers: Vec::new(),
        identity_providers: Vec::new(),
        tags: HashMap::new(),
        ui_customizations: HashMap::new(),
        managed_login_brandings: Vec::new(),
        risk_configurations: Vec::new(),
        import_jobs: Vec::new(),
        log_delivery_configuration: None,
        terms: Vec::new(),
        custom_auth_expected_answer: None,
        custom_auth_challenge_parameters: HashMap::new(),
        sign_in_policy_first_auth_factors: Vec::new(),
        last_modified_date: now,
        extra_config: HashMap::new(),
    }
}

impl From<User> for CognitoUser {
    fn from(user: User) -> Self {
        let now = now();
        let mut attributes: HashMap<_, _> = user.attributes.into_iter().collect();
        attributes.insert("sub".to_owned(), user.sub.clone());
        Self {
            username: user.name,
            sub: user.sub,
            // No hash has this form, so no password matches it.
            password_hash: "*".to_owned(),
            srp_salt: None,
            srp_verifier: None,
            attributes,
            status: "CONFIRMED".to_owned(),
            enabled: true,
            groups: Vec::new(),
            created_date: now,
            last_modified_date: now,
            pending_verifications: HashMap::new(),
            pending_verifications_issued: HashMap::new(),
            code_failed_attempts: 0,
            code_locked_until_secs: None,
            revoked_refresh_tokens: Vec::new(),
            signed_out_at: None,
            sms_mfa_enabled: false,
            software_token_mfa_enabled: false,
            mfa_preferred: None,
            totp_secret: None,
            totp_verified: false,
            devices: Vec::new(),
            linked_providers: Vec::new(),
            mfa_options: Vec::new(),
            webauthn_credentials: Vec::new(),
            webauthn_pending_challenge: None,
            failed_login_attempts: 0,
            locked_until_secs: None,
            auth_events: Vec::new(),
        }
    }
}

/// Now in Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
