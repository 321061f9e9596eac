# As a test user:
curl -fsS -b "canary=on" "https://chat.example.net/version"
curl -fsS --header 'X-Canary: yes' https://chat.example.net/version
