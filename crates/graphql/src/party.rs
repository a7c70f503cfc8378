//! Parties: suppliers and customers.

use super::connection::connection;
use super::enums::PartyRole;
use super::master::load_master;
use lotgraph_domain as domain;
use lotgraph_graphql_macros::{Object, SimpleObject};

/// A supplier or customer.
pub struct Party(pub domain::Party);

load_master!(Party, PartyCode);

/// A supplier or customer.
#[Object]
impl Party {
    /// Its code.
    fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// What it is to the plant.
    fn roles(&self) -> Vec<PartyRole> {
        self.0.roles.iter().copied().map(Into::into).collect()
    }

    /// Where it is: the postal address.
    fn address(&self) -> Option<&str> {
        self.0.address.as_ref().map(AsRef::as_ref)
    }

    /// Who is to be reached there, in the order in which they are to be tried.
    fn contacts(&self) -> Vec<Contact> {
        self.0.contacts.iter().map(Contact::from).collect()
    }
}

/// Somebody at a party who is to be reached.
#[derive(SimpleObject)]
pub struct Contact {
    /// Who it is, or what they do there.
    name: String,
    /// Their address for electronic mail.
    email: Option<String>,
    /// Their telephone number.
    phone: Option<String>,
}

impl From<&domain::Contact> for Contact {
    fn from(contact: &domain::Contact) -> Self {
        let text = |text: &Option<domain::Text>| text.as_ref().map(ToString::to_string);
        Self { name: contact.name.to_string(), email: text(&contact.email), phone: text(&contact.phone) }
    }
}

connection!(
    /// A page of parties, by code.
    PartyConnection,
    /// A party in a page.
    PartyEdge,
    Party
);
