use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plans::subject;
use super::run::{converse, looked, unarmed};
use super::written::{masking, write};
use super::{Context, Quit};
use crate::cli::Doctor;
use crate::domain::clock::utc_millis;
use crate::domain::finding::FindingKind;
use crate::domain::plan::Plan;
use crate::engine::protocol::{Among, Command};
use crate::evidence::{DoctorReport, of_doctor};

/// Repairs where that is wanted, and tells what is wrong, in the end what is left.
pub(super) async fn doctor(context: &mut Context, options: Doctor) -> Result<(), Quit> {
    let mut masking = masking(options.mask.as_deref())?;
    if options.repair {
        let plan = Plan::repair(options.module.clone());
        if !context.global.arm {
            return unarmed(context, plan, false).await;
        }
        let command = Command::RunPlan { plan: Box::new(plan), expect: None, rows: false };
        converse(context, command, options.approve, None).await?;
        if context.end.stopped.is_some() {
            return Ok(());
        }
    } else if context.global.arm {
        context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    }
    let mut kinds: BTreeMap<FindingKind, u64> = BTreeMap::new();
    let among = Among { module: options.module, entity_type: options.r#type, tenant: options.tenant };
    let mut report = DoctorReport::new(among.clone(), utc_millis(Timestamp::now()));
    if let (Some(masking), Some(tenant)) = (&masking, &mut report.among.tenant) {
        masking.words(tenant);
    }
    let looked = looked(context, Command::Doctor { among }, |finding| {
        *kinds.entry(finding.kind).or_default() += 1;
        match &mut masking {
            Some(masking) => {
                let mut finding = finding.clone();
                masking.finding(&mut finding);
                report.add(&finding);
            }
            None => report.add(finding),
        }
    })
    .await?;
    let counts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    context.out.text(&format!("{looked} rows looked at: {counts}"));
    if let Some(to) = &options.report
        && let Some(place) = subject(context, String::new(), String::new()).await?
    {
        (report.profile, report.looked) = (place.profile, looked);
        report.environment = format!("{} of {}", place.environment, place.app);
        write(context, to, &of_doctor(report).for_file(to))?;
        context.out.text(&format!("report written to {}", to.display()));
    }
    if !context.global.arm {
        context.out.text("whether the tables may be written was not tried: add --arm for that");
    }
    Ok(())
}
