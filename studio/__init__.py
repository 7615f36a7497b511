"""The browser studio: pages compose components; what they show comes typed from `studio.queries`."""
