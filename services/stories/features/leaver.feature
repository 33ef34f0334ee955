Feature: A leaver no longer allocates

  Scenario: The membership ended a second ago
    Given a family waits for allocation in the team "north-kensington"
    And a member of "north-kensington" whose membership ended a second ago
    When that member allocates the family
    Then they are refused, because they are not a member of the team
    And the family still waits for allocation
