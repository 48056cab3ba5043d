-- One database a service.
CREATE DATABASE catalog;
CREATE DATABASE booking;
CREATE DATABASE license;
CREATE DATABASE seal;
CREATE DATABASE complaint;
