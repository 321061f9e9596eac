"""The decision for people and other tools: page, Markdown, JUnit, data, notices, Allure."""
