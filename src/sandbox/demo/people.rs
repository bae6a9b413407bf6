//! Names and addresses that the shops' customers have.

use super::value::{m, s};
use super::world::World;
use crate::domain::value::Value;

/// Family names with their reading in Latin letters.
const FAMILY: [(&str, &str); 28] = [
    ("佐藤", "Sato"),
    ("鈴木", "Suzuki"),
    ("高橋", "Takahashi"),
    ("田中", "Tanaka"),
    ("伊藤", "Ito"),
    ("渡辺", "Watanabe"),
    ("山本", "Yamamoto"),
    ("中村", "Nakamura"),
    ("小林", "Kobayashi"),
    ("加藤", "Kato"),
    ("吉田", "Yoshida"),
    ("山田", "Yamada"),
    ("佐々木", "Sasaki"),
    ("山口", "Yamaguchi"),
    ("松本", "Matsumoto"),
    ("井上", "Inoue"),
    ("木村", "Kimura"),
    ("林", "Hayashi"),
    ("斎藤", "Saito"),
    ("清水", "Shimizu"),
    ("森", "Mori"),
    ("阿部", "Abe"),
    ("池田", "Ikeda"),
    ("橋本", "Hashimoto"),
    ("石川", "Ishikawa"),
    ("前田", "Maeda"),
    ("藤田", "Fujita"),
    ("岡田", "Okada"),
];
/// Given names with their reading.
const GIVEN: [(&str, &str); 24] = [
    ("陽菜", "Hina"),
    ("蓮", "Ren"),
    ("結衣", "Yui"),
    ("湊", "Minato"),
    ("葵", "Aoi"),
    ("悠真", "Yuma"),
    ("凛", "Rin"),
    ("大翔", "Hiroto"),
    ("花子", "Hanako"),
    ("太郎", "Taro"),
    ("美咲", "Misaki"),
    ("健一", "Kenichi"),
    ("由美子", "Yumiko"),
    ("直樹", "Naoki"),
    ("恵", "Megumi"),
    ("翔太", "Shota"),
    ("千尋", "Chihiro"),
    ("拓也", "Takuya"),
    ("真由美", "Mayumi"),
    ("浩", "Hiroshi"),
    ("さくら", "Sakura"),
    ("誠", "Makoto"),
    ("裕子", "Yuko"),
    ("和也", "Kazuya"),
];
/// People elsewhere: given name, family name, country, city, postal code, street.
const ABROAD: [(&str, &str, &str, &str, &str, &str); 16] = [
    ("Anna", "Schneider", "DE", "Hamburg", "20095", "Mönckebergstraße 7"),
    ("Jürgen", "Groß", "DE", "Köln", "50667", "Hohe Straße 41"),
    ("Zoë", "Lefèvre", "FR", "Lyon", "69002", "12 rue de la République"),
    ("Siobhán", "O'Connor", "IE", "Cork", "T12 W8KP", "3 Patrick's Quay"),
    ("Łukasz", "Wójcik", "PL", "Kraków", "31-042", "Rynek Główny 15"),
    ("Sofía", "Núñez", "ES", "Sevilla", "41001", "Calle Sierpes 28"),
    ("Matteo", "D'Angelo", "IT", "Bologna", "40126", "Via Zamboni 33"),
    ("Freja", "Sørensen", "DK", "Aarhus", "8000", "Åboulevarden 9"),
    ("Emily", "Clarke", "GB", "Bristol", "BS1 4DJ", "18 Queen Square"),
    ("Noah", "Williams", "US", "Portland, OR", "97205", "1120 SW Morrison St"),
    ("Chloé", "Tremblay", "CA", "Montréal", "H2Y 1C6", "455 rue Saint-Paul"),
    ("İpek", "Yılmaz", "TR", "İzmir", "35220", "Kıbrıs Şehitleri Cd. 64"),
    ("Αλέξης", "Παπαδόπουλος", "GR", "Αθήνα", "105 57", "Ερμού 22"),
    ("민준", "김", "KR", "서울", "04524", "세종대로 110"),
    ("伟", "王", "CN", "上海", "200001", "南京东路 168号"),
    ("Priya", "Raghunathan", "IN", "Chennai", "600017", "42 Usman Road"),
];
/// Postal code, prefecture, city and town.
const PLACES: [(&str, &str, &str, &str); 20] = [
    ("100-0005", "東京都", "千代田区", "丸の内1-9-2"),
    ("150-0041", "東京都", "渋谷区", "神南1-19-11"),
    ("160-0023", "東京都", "新宿区", "西新宿2-8-1"),
    ("231-0017", "神奈川県", "横浜市中区", "港町1-1"),
    ("330-0854", "埼玉県", "さいたま市大宮区", "桜木町1-7-5"),
    ("260-0013", "千葉県", "千葉市中央区", "中央3-10-8"),
    ("060-0001", "北海道", "札幌市中央区", "北1条西2丁目"),
    ("041-0806", "北海道", "函館市", "美原1-26-8"),
    ("980-0811", "宮城県", "仙台市青葉区", "一番町3-1-1"),
    ("450-0002", "愛知県", "名古屋市中村区", "名駅4-7-1"),
    ("420-0851", "静岡県", "静岡市葵区", "黒金町49"),
    ("920-0853", "石川県", "金沢市", "本町2-15-1"),
    ("530-0001", "大阪府", "大阪市北区", "梅田3-1-3"),
    ("600-8216", "京都府", "京都市下京区", "東塩小路町721-1"),
    ("650-0021", "兵庫県", "神戸市中央区", "三宮町1-9-1"),
    ("730-0011", "広島県", "広島市中区", "基町6-78"),
    ("760-0019", "香川県", "高松市", "サンポート2-1"),
    ("812-0012", "福岡県", "福岡市博多区", "博多駅中央街1-1"),
    ("850-0057", "長崎県", "長崎市", "大黒町14-5"),
    ("900-0015", "沖縄県", "那覇市", "久茂地1-1-1"),
];

/// A person and where they live.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) given: String,
    pub(super) family: String,
    /// As people write it: family name first in Japan.
    pub(super) full: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) country: &'static str,
    pub(super) address: Value,
}

/// Someone in Japan.
pub(super) fn in_japan(world: &mut World) -> Person {
    let (family, family_reading) = *world.pick(&FAMILY);
    let (given, given_reading) = *world.pick(&GIVEN);
    let (postal, prefecture, city, town) = *world.pick(&PLACES);
    let mut fields =
        vec![("postalCode", s(postal)), ("prefecture", s(prefecture)), ("city", s(city)), ("town", s(town))];
    if world.below(3) == 0 {
        fields.push(("building", s(format!("第{}ビル {}F", 1 + world.below(5), 2 + world.below(9)))));
    }
    Person {
        given: given.to_owned(),
        family: family.to_owned(),
        full: format!("{family} {given}"),
        email: format!("{}.{}@example.jp", given_reading, family_reading).to_lowercase(),
        phone: format!("0{}0-{:04}-{:04}", 7 + world.below(3), world.below(10_000), world.below(10_000)),
        country: "JP",
        address: Value::M(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
    }
}

/// Someone elsewhere.
pub(super) fn abroad(world: &mut World) -> Person {
    let (given, family, country, city, postal, street) = *world.pick(&ABROAD);
    Person {
        given: given.to_owned(),
        family: family.to_owned(),
        full: if ["KR", "CN"].contains(&country) { format!("{family}{given}") } else { format!("{given} {family}") },
        email: format!("customer{:04}@example.com", world.below(10_000)),
        phone: format!("+{} {:03} {:06}", 30 + world.below(60), world.below(1000), world.below(1_000_000)),
        country,
        address: m([("street", s(street)), ("postalCode", s(postal)), ("city", s(city)), ("country", s(country))]),
    }
}
