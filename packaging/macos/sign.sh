#!/bin/sh
# Sign, pack and notarise "MaGA Desk.app". NOT TRIED: written from Apple's documentation on a machine without macOS.
#   packaging/macos/sign.sh cpu "Developer ID Application: NAME (TEAM)" PROFILE
# PROFILE is one that `xcrun notarytool store-credentials PROFILE` keeps in the keychain.
set -eu
flavour=$1 identity=$2 profile=$3
here=$(cd "$(dirname "$0")" && pwd)
dist=$here/../dist/$flavour
app="$dist/MaGA Desk.app"
image="$dist/maga-desk-$flavour-macos-$(uname -m).dmg"

# From the inside out: --deep is not meant for signing. PyInstaller puts libraries in Frameworks and data in Resources.
find "$app/Contents" -type f \( -name '*.so' -o -name '*.dylib' -o -perm -u+x \) -print0 |
    xargs -0 -n 50 codesign --force --timestamp --options runtime --sign "$identity"
codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" --sign "$identity" "$app"
codesign --verify --deep --strict --verbose=2 "$app"

hdiutil create -volname "MaGA Desk" -srcfolder "$app" -ov -format ULFO "$image"
codesign --force --timestamp --sign "$identity" "$image"
xcrun notarytool submit "$image" --keychain-profile "$profile" --wait
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"
