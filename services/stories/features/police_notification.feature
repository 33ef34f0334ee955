Feature: A police notification with three children reaches two teams
  So that every child in a house is helped by the team of the place where it lives.

  Scenario: Three children, two addresses, two teams
    Given the police tell of a worry about these children
      | name        | postcode |
      | Ada Invent  | W10 5AA  |
      | Ben Invent  | W10 5AA  |
      | Cora Invent | SW10 0AB |
    Then they have a receipt that can be read out on the phone
    And the contact waits in the Referral Team's queue
    When a screener passes every child to its Family Facing Team
    Then "Ada Invent" and "Ben Invent" are one family with the team "north-kensington"
    And "Cora Invent" is another family with the team "chelsea"
    When the team "north-kensington" allocates the family of "Ada Invent"
    Then the Referral Team sees that "Ada Invent" is allocated
    And the police are told that every child was passed to a team
    And they are not told which team or worker
