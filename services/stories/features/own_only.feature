Feature: A partner sees its own contacts and no other's
  So that a worry is seen by those who need it, and by nobody else.

  Scenario: Another partner's contact
    Given the police tell of a worry about "Ida Invent"
    When the school asks for that contact
    Then the answer is exactly the one for a contact that does not exist

  Scenario: What a partner is told
    Given the police tell of a worry about "Jan Invent"
    And a screener decides "strategy discussion now"
    When the police ask for their contact
    Then they are told only that it is being acted on and that they will be called
