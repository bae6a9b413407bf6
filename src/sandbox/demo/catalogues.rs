//! Products with descriptions so long that their attributes live in S3.

use super::batch::Batch;
use super::entity::Entity;
use super::goods::good;
use super::value::{m, map, n, s};
use super::world::World;
use crate::domain::value::{Map, Value};
use crate::sandbox::SandboxError;

/// Tenant, sort key, name and how many versions.
const CATALOGUES: [(&str, &str, &str, usize); 6] = [
    ("acme", "P-0009", "総合カタログ ねじ・ボルト編", 2),
    ("acme", "P-0009-SUS", "総合カタログ ステンレス編", 1),
    ("globex", "GX-CATALOGUE", "Product catalogue for resellers", 2),
    ("sakura-shoten", "カタログ-春", "春の贈りもの 商品総覧", 1),
    ("MY_TENANT", "G-CATALOGUE", "山道具カタログ", 1),
    ("Kita_Foods", "KF-CATALOGUE", "北の海の幸 業務用カタログ", 2),
];
/// Bytes of description: with the rest of the attributes well above the limit.
const DESCRIPTION: usize = 104_000;

/// Adds them.
pub(super) fn add(world: &mut World, batch: &mut Batch) -> Result<(), SandboxError> {
    for (tenant, code, name, versions) in CATALOGUES {
        let attributes = attributes(world, tenant);
        let mut catalogue = Entity::new("product", &format!("PRODUCT#{tenant}"), code, code, name, attributes);
        for (i, at) in world.moments(versions, 210, 18).into_iter().enumerate() {
            if i > 0 {
                catalogue.set("edition", n(i + 1)).set("errata", s("3ページの寸法表を訂正しました"));
            }
            catalogue.publish(world, at).map_err(Batch::broken)?;
        }
        batch.add(world, catalogue)?;
    }
    Ok(())
}

fn attributes(world: &mut World, tenant: &str) -> Map {
    let mut description = String::with_capacity(DESCRIPTION + 500);
    let mut chapters = Vec::new();
    let mut i = 0;
    while description.len() < DESCRIPTION {
        let good = good(world, tenant, i);
        if i.is_multiple_of(40) {
            chapters.push(m([("offset", n(description.chars().count())), ("first", s(&good.code))]));
        }
        description.push_str(&paragraph(world, tenant, i, &good.name, &good.code));
        i += 1;
    }
    map([
        ("edition", n(1)),
        ("items", n(i)),
        ("chapters", Value::L(chapters)),
        ("price", n(0)),
        ("description", s(description)),
    ])
}

fn paragraph(world: &mut World, tenant: &str, i: usize, name: &str, code: &str) -> String {
    let page = 1 + i / 6;
    if tenant == "globex" {
        let use_for = *world.pick(&["home offices", "meeting rooms", "field engineers", "classrooms", "server rooms"]);
        let lead = 2 + world.below(12);
        return format!(
            "{code} {name} (page {page}). Chosen most often for {use_for}. Ships from Hamburg within {lead} working days; \
             cartons of {}. Two-year warranty, spare parts for five.\n",
            5 * (1 + world.below(8))
        );
    }
    let remark = *world.pick(&[
        "ご注文から三営業日以内に発送いたします。",
        "大口のご注文は担当までご相談ください。",
        "屋外や水まわりでの長期使用にも適しています。",
        "贈りものには名入れ(有料)を承ります。",
        "保管は直射日光を避け、乾燥した場所にてお願いいたします。",
    ]);
    format!(
        "【{page}頁】{name}(品番 {code})。最小ロット{}。{remark}関連品は巻末の索引をご覧ください。\n",
        1 + world.below(50)
    )
}
