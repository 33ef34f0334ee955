Feature: A worry without an address waits for a person
  So that a boy in the flat above the chip shop is not lost for want of a postcode.

  Scenario: No address
    Given a neighbour's worry about "a boy of about eight in the flat above the chip shop" comes by the school
    Then the contact is marked as one that needs a person, because there is no address
    And it can't be passed to a team before somebody chooses one
    When a screener chooses the patch "north-kensington" because "the chip shop is in Golborne Road"
    And a screener passes every child to its Family Facing Team
    Then the family is with the team "north-kensington"
