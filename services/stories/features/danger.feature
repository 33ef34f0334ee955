@night
Feature: Danger at three in the morning reaches someone
  So that a child in danger does not wait for the office to open.

  Scenario: A child in immediate danger, outside the authority's hours
    Given it is three in the morning
    When the police tell of a child in immediate danger
    Then an alarm is raised at once
    And the out-of-hours contact gets an e-mail and a signed call-back
    And the contact is on top of the queue, due within the authority's urgent limit
    When a quarter of an hour has passed
    Then the alarm is raised again
    When a screener acknowledges the danger
    And a quarter of an hour has passed
    Then the alarm is not raised again
    And no log holds a word of what was told
