Feature: The same call twice is one contact
  So that a line that breaks in the night loses nothing and doubles nothing.

  Scenario: The same key and body again
    Given the police tell of a worry about "Dan Invent"
    When they send exactly the same call again
    Then they get the same receipt
    And there is one contact about "Dan Invent"

  Scenario: Fifty at once
    When the police send one call about "Eve Invent" fifty times at once
    Then all fifty answers have the same receipt
    And there is one contact about "Eve Invent"

  Scenario: The same key for something else
    Given the police tell of a worry about "Fay Invent"
    When they send another worry with the same key
    Then they are refused with status 422 and reason "KEY_REUSED"
    And there is one contact about "Fay Invent"
