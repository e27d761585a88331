//! Vocabularies: their values as the numbers of the API's enumerations.

use crate::domain::vocabulary::Vocabulary;

/// The value with this number; `None` for 0, which is "not given", and for a number that is unknown.
pub fn read<V: Vocabulary>(number: i32) -> Option<V> {
    V::from_number(number)
}

/// The number of a value.
pub fn write<V: Vocabulary>(value: V) -> i32 {
    i32::from(value.number())
}

/// The number of a value, or 0, "not given", where there is none.
pub fn write_optional<V: Vocabulary>(value: Option<V>) -> i32 {
    value.map_or(0, write)
}

/// The numbers of values.
pub fn write_all<V: Vocabulary>(values: &[V]) -> Vec<i32> {
    values.iter().copied().map(write).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_reflect::{DescriptorPool, EnumDescriptor};

    use super::*;
    use crate::domain::vocabulary::*;

    /// `SourceKind` is `SOURCE_KIND`.
    fn prefix(name: &str) -> String {
        let mut prefix = String::new();
        for character in name.chars() {
            if character.is_uppercase() && !prefix.is_empty() {
                prefix.push('_');
            }
            prefix.push(character.to_ascii_uppercase());
        }
        prefix
    }

    fn check<V: Vocabulary>(pool: &DescriptorPool) -> String {
        let full = format!("chancery.v1.{}", V::NAME);
        let found: EnumDescriptor = pool.get_enum_by_name(&full).expect(&full);
        let found: Vec<(i32, String)> =
            found.values().map(|value| (value.number(), value.name().to_owned())).collect();
        let prefix = prefix(V::NAME);
        let mut expected = vec![(0, format!("{prefix}_UNSPECIFIED"))];
        expected.extend(V::ALL.iter().map(|value| (write(*value), format!("{prefix}_{}", value.name()))));
        assert_eq!(found, expected, "{}", V::NAME);
        for &(number, _) in &found {
            let value = read::<V>(number);
            assert_eq!(write_optional(value), number);
            assert_eq!(value.is_none(), number == 0);
        }
        assert!(read::<V>(-1).is_none() && read::<V>(256).is_none() && read::<V>(i32::MAX).is_none());
        full
    }

    #[test]
    fn the_domain_and_the_api_have_the_same_values() {
        let pool = DescriptorPool::decode(crate::wire::DESCRIPTORS).unwrap();
        let mut known = BTreeSet::new();
        macro_rules! check_all {
            ($($name:ident)*) => { $(known.insert(check::<$name>(&pool));)* };
        }
        check_all! {
            Assertion Label SourceKind ActorKind GroupKind NameKind ExternalIdScheme LineageKind LifecycleState
            LegalEffect Inheritance Act DesignationState Basis EngagementKind Role Level Channel Track Disclosure
            Pillar AgreementStage CeasefireClass RepresentationLevel Direction Recognition ContactLevel Process
            Conflict Headline RelationshipFlag GroupFlag FoldRule ClaimStance AnomalyRule AnomalyState DueKind
            ChangeCause ChangeReason Reproduction HindsightKind
        }
        let file = pool.get_file_by_name("chancery/v1/vocabulary.proto").unwrap();
        let all: BTreeSet<String> = file.enums().map(|found| found.full_name().to_owned()).collect();
        assert_eq!(known, all, "every enumeration of the API has its vocabulary");
    }
}
