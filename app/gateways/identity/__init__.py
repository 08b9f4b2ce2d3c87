"""Who signs people in elsewhere: providers of OpenID Connect, and GitHub. Authlib speaks with them."""
