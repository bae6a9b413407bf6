//! Listing the users of a pool.

use crate::domain::run::Operation;
use crate::domain::users::User;
use crate::engine::protocol::{Command, RequestId};
use crate::tui::app::App;
use crate::tui::layers::Layer;
use crate::tui::layers::users::Users;
use crate::tui::message::Purpose;

impl App {
    /// Lists the users of the pool that the plan in the form names, or of the profile's.
    pub(super) fn show_users(&mut self) {
        let plan = self.plan.form.as_ref().filter(|f| f.operation == Operation::Users);
        let pool = plan.and_then(|f| f.value_of("users.pool"));
        let request = self.ask_for_users(pool.clone(), None);
        self.layers.push(Layer::Users(Box::new(Users::reading(pool, request))));
    }

    /// Asks for a page.
    pub(crate) fn ask_for_users(&mut self, pool: Option<String>, after: Option<String>) -> RequestId {
        self.send(Command::Users { pool, after }, Purpose::Users)
    }

    fn users_layer(&mut self) -> Option<&mut Users> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Users(users) => Some(users.as_mut()),
            _ => None,
        })
    }

    pub(super) fn users_listed(&mut self, request: RequestId, pool: String, users: Vec<User>, next: Option<String>) {
        if let Some(layer) = self.users_layer() {
            layer.take(request, pool, users, next);
        }
    }

    /// A page ended: a tall window may want the next one at once.
    pub(super) fn users_ended(&mut self) {
        let Some((pool, next)) = self.users_layer().and_then(|layer| layer.wanted()) else { return };
        let request = self.ask_for_users(pool, Some(next));
        if let Some(layer) = self.users_layer() {
            layer.asked(request);
        }
    }
}
